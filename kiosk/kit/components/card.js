// @ts-check
import { classes, html } from "../html.js";

/**
 * A framed part of a page.
 *
 * @param {object} props
 * @param {string} [props.title]
 * @param {import("../../vendor/preact.js").ComponentChildren} [props.actions] buttons beside the title
 * @param {import("./tone.js").ToneName} [props.tone] coloured left edge
 * @param {string} [props.class]
 * @param {import("../../vendor/preact.js").ComponentChildren} [props.children]
 */
export function Card({ title, actions, tone, class: extra, children }) {
  return html`<section class=${classes("g-card", tone && `g-tone-${tone}`, extra)}>
    ${(title || actions) && html`<header class="g-card-head"><h2>${title}</h2>${actions}</header>`}
    ${children}
  </section>`;
}
