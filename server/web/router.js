// @ts-check
// Where the admin is: the address after `#`, as a signal. Filters live there too, so that a
// reload, a bookmark and the browser's back button keep them.

import { signal } from "/kit/html.js";

/** @typedef {Record<string, string>} Query */
/** @typedef {{ path: string[], query: Query }} Place */

/** @type {import("/vendor/signals.js").Signal<Place>} */
export const place = signal(read());

/** @returns {Place} */
function read() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?", 2);
  return {
    path: path.split("/").filter(Boolean).map(decoded),
    query: Object.fromEntries(new URLSearchParams(query ?? "")),
  };
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * The address of a place; empty filters are left out.
 * @param {string[]} path
 * @param {Query} [query]
 */
export function href(path, query = {}) {
  const kept = Object.entries(query).filter(([, value]) => value !== "");
  const tail = kept.length > 0 ? `?${new URLSearchParams(kept)}` : "";
  return `#/${path.map(encodeURIComponent).join("/")}${tail}`;
}

/**
 * @param {string[]} path
 * @param {Query} [query]
 */
export function go(path, query = {}) {
  location.hash = href(path, query);
}

/**
 * Change some filters of this place; one step back leaves the page, not each key pressed.
 * @param {Query} change
 */
export function refine(change) {
  const { path, query } = place.value;
  replace(path, { ...query, ...change });
}

/**
 * Be somewhere else without a step in the browser's history.
 * @param {string[]} path
 * @param {Query} [query]
 */
export function replace(path, query = {}) {
  history.replaceState(null, "", href(path, query));
  place.value = read();
}

/** Follow the address bar from now on. */
export function startRouter() {
  addEventListener("hashchange", () => {
    place.value = read();
  });
}
