// @ts-check
import { classes, html } from "../html.js";
import { Icon } from "./icon.js";
import { TONE_ICONS } from "./tone.js";

/**
 * A message that stays in the page: what is so, and what to do.
 *
 * @param {object} props
 * @param {import("./tone.js").ToneName} [props.tone]
 * @param {string} [props.icon] instead of the tone's own
 * @param {string} [props.title]
 * @param {boolean} [props.live] announce it to screen readers when it appears
 * @param {import("../../vendor/preact.js").ComponentChildren} [props.actions]
 * @param {string} [props.class]
 * @param {import("../../vendor/preact.js").ComponentChildren} [props.children]
 */
export function Notice({ tone = "neutral", icon, title, live = false, actions, class: extra, children }) {
  return html`<div
    class=${classes("g-notice", `g-tone-${tone}`, extra)}
    role=${live ? (tone === "error" ? "alert" : "status") : undefined}
  >
    <${Icon} name=${icon ?? TONE_ICONS[tone]} />
    <div class="g-notice-body">
      ${title && html`<p class="g-notice-title">${title}</p>`}
      ${children}
    </div>
    ${actions}
  </div>`;
}
