// @ts-check
import { classes, html } from "../html.js";
import { Icon } from "./icon.js";

/**
 * A short state word in a tone.
 *
 * @param {object} props
 * @param {import("./tone.js").ToneName} [props.tone]
 * @param {string} [props.icon] name of an Icon
 * @param {boolean} [props.strong] full colour, for counts that want attention
 * @param {import("../../vendor/preact.js").ComponentChildren} [props.children]
 */
export function Badge({ tone = "neutral", icon, strong = false, children }) {
  return html`<span class=${classes("g-badge", `g-tone-${tone}`, strong && "g-badge-strong")}
    >${icon && html`<${Icon} name=${icon} />`}${children}</span
  >`;
}
