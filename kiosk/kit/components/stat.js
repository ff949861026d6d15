// @ts-check
import { classes, html } from "../html.js";
import { formatNumber } from "../i18n.js";
import { Icon } from "./icon.js";

/**
 * One number with its name; a link when `href` is given.
 *
 * @param {object} props
 * @param {string} props.label
 * @param {number | string} props.value
 * @param {import("./tone.js").ToneName} [props.tone]
 * @param {string} [props.icon]
 * @param {string} [props.href]
 */
export function Stat({ label, value, tone, icon, href }) {
  const look = classes("g-stat", tone && `g-tone-${tone}`);
  const inside = html`<span class="g-stat-label">${icon && html`<${Icon} name=${icon} />`}${label}</span>
    <span class="g-stat-value">${typeof value === "number" ? formatNumber(value) : value}</span>`;
  return href ? html`<a class=${look} href=${href}>${inside}</a>` : html`<div class=${look}>${inside}</div>`;
}
