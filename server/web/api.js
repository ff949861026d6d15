// @ts-check
// The JSON API as functions. Refusals (RFC 9457) and a server that cannot be reached are two
// different errors: only the second is worth trying again as it is.

import { isUse } from "/web/use.js";

/**
 * @typedef {object} FieldError
 * @property {string} field
 * @property {string} message
 * @property {number} [line]
 */

/**
 * A refusal's document.
 * @typedef {object} Problem
 * @property {string} type
 * @property {string} title
 * @property {number} status
 * @property {string} [detail]
 * @property {string} [field]
 * @property {string} [expected]
 * @property {FieldError[]} [errors]
 * @property {string} [request] names this request in the server's log
 */

/** @typedef {Record<string, string | number | boolean | null | undefined>} Query */

export const API = "/api/v1";

/** The server understood and said no. */
export class Refusal extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.title);
    this.name = "Refusal";
    this.problem = problem;
  }
}

/** No answer came. */
export class Unreachable extends Error {
  constructor() {
    super("unreachable");
    this.name = "Unreachable";
  }
}

/**
 * What happens on 401, and when the server wants to know anew who is there: `confirm` says whether
 * that was proved. The session and the page's frame set them.
 * @type {{ unauthenticated: () => void, confirm: () => Promise<boolean> }}
 */
export const listeners = { unauthenticated: () => undefined, confirm: async () => false };

const CONFIRM_FIRST = "/problems/confirm-first";

/**
 * @param {string} path below /api/v1, such as `items/0190...`; `/api/...` is taken as it is
 * @param {Query} [query] empty values are left out
 */
export function address(path, query = {}) {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== "" && value !== null && value !== undefined)
    .map(([name, value]) => [name, String(value)]);
  const start = path.startsWith("/") ? path : `${API}/${path}`;
  return pairs.length > 0 ? `${start}?${new URLSearchParams(pairs)}` : start;
}

/** A fresh Idempotency-Key; `crypto.randomUUID` is missing on plain http in a LAN. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @template T
 * @param {string} path
 * @param {Query} [query]
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export function get(path, query, signal) {
  return send("GET", address(path, query), { signal });
}

/**
 * POST once: a reply lost on the way is asked for again under the same key.
 * @template T
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<T>}
 */
export async function post(path, body = {}) {
  const request = {
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "Idempotency-Key": newKey() },
  };
  try {
    return await send("POST", address(path), request);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return send("POST", address(path), request);
  }
}

/**
 * @template T
 * @param {string} path
 * @param {string} text
 * @param {Query} query
 * @returns {Promise<T>}
 */
export function postCsv(path, text, query) {
  return send("POST", address(path, query), {
    body: text,
    headers: { "Content-Type": "text/csv", "Idempotency-Key": newKey() },
  });
}

/**
 * Edit what was seen as `version`.
 * @template T
 * @param {string} path
 * @param {number} version
 * @param {unknown} change
 * @returns {Promise<T>}
 */
export function patch(path, version, change) {
  return send("PATCH", address(path), {
    body: JSON.stringify(change),
    headers: { "Content-Type": "application/json", "If-Match": `"${version}"` },
  });
}

/**
 * @param {string} path
 * @returns {Promise<void>}
 */
export function remove(path) {
  return send("DELETE", address(path), {});
}

/**
 * @template T
 * @param {string} method
 * @param {string} url
 * @param {RequestInit} options
 * @returns {Promise<T>}
 */
async function send(method, url, options) {
  /** @type {Response} */
  let response;
  const headers = isUse() ? options.headers : { ...options.headers, "Genba-Background": "1" };
  try {
    response = await fetch(url, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      ...options,
      headers,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Unreachable();
  }
  if (response.ok) {
    return /** @type {T} */ (response.status === 204 ? undefined : await response.json());
  }
  const problem = await problemOf(response);
  if (response.status === 401) listeners.unauthenticated();
  if (problem.type === CONFIRM_FIRST && (await listeners.confirm())) return send(method, url, options);
  throw new Refusal(problem);
}

/**
 * @param {Response} response
 * @returns {Promise<Problem>}
 */
async function problemOf(response) {
  try {
    return await response.json();
  } catch {
    return { type: "about:blank", title: `HTTP ${response.status}`, status: response.status };
  }
}
