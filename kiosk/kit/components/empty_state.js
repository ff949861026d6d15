// @ts-check
import { html } from "../html.js";
import { Icon } from "./icon.js";

/**
 * Nothing to show: says why, and what to do next.
 *
 * @param {object} props
 * @param {string} props.title
 * @param {string} [props.icon]
 * @param {import("../../vendor/preact.js").ComponentChildren} [props.actions]
 * @param {import("../../vendor/preact.js").ComponentChildren} [props.children]
 */
export function EmptyState({ title, icon = "box", actions, children }) {
  return html`<div class="g-empty">
    <${Icon} name=${icon} />
    <h2>${title}</h2>
    ${children && html`<div class="g-empty-body">${children}</div>`}
    ${actions}
  </div>`;
}
