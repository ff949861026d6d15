// @ts-check
import { html } from "/kit/html.js";

/**
 * Names and values of one thing.
 * @param {{ rows: readonly (readonly [string, import("/vendor/preact.js").ComponentChildren])[] }} props
 */
export function Facts({ rows }) {
  return html`<dl class="facts">
    ${rows.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value || "—"}</dd></div>`)}
  </dl>`;
}
