// @ts-check
import { html, signal } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";
import { TONE_ICONS } from "./tone.js";

/**
 * @typedef {object} ToastEntry
 * @property {number} id
 * @property {string} text
 * @property {import("./tone.js").ToneName} tone
 * @property {{label: string, onClick: () => void}} [action]
 */

/** @type {import("../../vendor/signals.js").Signal<readonly ToastEntry[]>} */
const entries = signal([]);
let last = 0;

/**
 * Show a short message for a while; draw `Toasts` once in the page.
 * @param {string} text
 * @param {object} [options]
 * @param {import("./tone.js").ToneName} [options.tone] default `returned`: it worked
 * @param {{label: string, onClick: () => void}} [options.action] such as undo
 * @param {number} [options.ms] how long; errors and actions stay longer unless given
 * @returns {() => void} takes it away
 */
export function toast(text, { tone = "returned", action, ms } = {}) {
  last += 1;
  const id = last;
  const away = () => {
    entries.value = entries.value.filter((entry) => entry.id !== id);
  };
  // Four at most: an error that repeats must not cover the page.
  entries.value = [...entries.value.slice(-3), { id, text, tone, action }];
  setTimeout(away, ms ?? (tone === "error" || action ? 12_000 : 5_000));
  return away;
}

/** The place where toasts appear. */
export function Toasts() {
  return html`<div class="g-toasts" role="status" aria-live="polite">
    ${entries.value.map(
      (entry) => html`<div key=${entry.id} class=${`g-toast g-tone-${entry.tone}`}>
        <${Icon} name=${entry.tone === "returned" ? "check" : TONE_ICONS[entry.tone]} />
        <span>${entry.text}</span>
        ${entry.action && html`<${Button} small onClick=${entry.action.onClick}>${entry.action.label}<//>`}
        <${Button} small kind="quiet" icon="close" label=${t("kit-close")} onClick=${() => {
          entries.value = entries.value.filter((other) => other.id !== entry.id);
        }} />
      </div>`,
    )}
  </div>`;
}
