// @ts-check
// What to tell the user when something was refused or did not get through.

import { has, t } from "/kit/i18n.js";
import { toast } from "/kit/kit.js";
import { Refusal, Unreachable } from "/web/api.js";

/**
 * @param {unknown} error
 * @returns {{ title: string, detail: string }}
 */
export function explain(error) {
  if (error instanceof Unreachable) {
    return { title: t("web-unreachable"), detail: t("web-unreachable-detail") };
  }
  if (!(error instanceof Refusal)) throw error;
  const { title, detail, errors, expected, status, request } = error.problem;
  const parts = [detail, ...(errors ?? []).map(({ message }) => words(message))];
  if (!detail && expected) parts.push(words(expected));
  if (status >= 500 && request) parts.push(t("web-error-id", { id: request }));
  return { title, detail: parts.filter(Boolean).join(" ") };
}

/** What the server's decoder says of a value, and how we say it. @type {readonly [RegExp, string, string][]} */
const DECODER = [
  [/^Expected `str` of length >= 1$|missing required field|matching regex/, "invalid-missing", ""],
  [/^Expected `str` of length >= (\d+)/, "invalid-too_short", "least"],
  [/^Expected `str` of length <= (\d+)/, "invalid-too_long", "most"],
  [/^Expected `int` >= (\d+)/, "invalid-too_small", "least"],
  [/^Expected `int` <= (\d+)/, "invalid-too_large", "most"],
  [/^Expected `int/, "invalid-whole_number", ""],
  [/^Invalid enum value '?(.*?)'?$/, "invalid-no_choice", "value"],
];

/**
 * A field's message is a stable code that the catalogue explains, the decoder's, or a sentence.
 * @param {string} message
 */
export function words(message) {
  if (has(`invalid-${message}`)) return t(`invalid-${message}`);
  for (const [pattern, id, name] of DECODER) {
    const found = pattern.exec(message);
    if (found) return t(id, name ? { [name]: found[1] } : {});
  }
  return message;
}

/**
 * @param {unknown} error
 * @param {number} status
 */
export function isStatus(error, status) {
  return error instanceof Refusal && error.problem.status === status;
}

/**
 * Do something, and say how it went: `done` on success, the reason otherwise.
 * @template T
 * @param {() => Promise<T>} work
 * @param {string} [done]
 * @returns {Promise<T | undefined>}
 */
export async function attempt(work, done) {
  try {
    const result = await work();
    if (done) toast(done);
    return result;
  } catch (error) {
    const { title, detail } = explain(error);
    toast([title, detail].filter(Boolean).join(" — "), { tone: "error" });
    return undefined;
  }
}
