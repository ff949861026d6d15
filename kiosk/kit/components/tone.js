// @ts-check
/**
 * The six tones of the house, everywhere the same: `ask` needs someone, `borrowed` went out,
 * `returned` came back or is well, `undone` was taken back, `error` is wrong, `neutral` says no more.
 * @typedef {"ask" | "borrowed" | "returned" | "undone" | "error" | "neutral"} ToneName
 */

/** @type {Record<ToneName, string>} The icon that goes with a tone, so that colour is never alone. */
export const TONE_ICONS = {
  ask: "question",
  borrowed: "out",
  returned: "in",
  undone: "undo",
  error: "alert",
  neutral: "info",
};
