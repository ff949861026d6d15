// @ts-check
import { html } from "/kit/html.js";
import { Icon } from "/kit/kit.js";

/**
 * Name of a page and what can be done on it.
 *
 * @param {object} props
 * @param {string} props.title
 * @param {string} [props.lead] one sentence: what this page is for
 * @param {{ href: string, words: string }} [props.back]
 * @param {import("/vendor/preact.js").ComponentChildren} [props.actions]
 * @param {import("/vendor/preact.js").ComponentChildren} [props.children] badges beside the title
 */
export function PageHead({ title, lead, back, actions, children }) {
  return html`<header class="page-head">
    <div class="page-head-words">
      ${back && html`<a class="page-back" href=${back.href}><${Icon} name="back" />${back.words}</a>`}
      <h1>${title} ${children}</h1>
      ${lead && html`<p class="page-lead">${lead}</p>`}
    </div>
    ${actions && html`<div class="page-actions">${actions}</div>`}
  </header>`;
}
