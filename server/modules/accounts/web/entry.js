// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, LanguageSwitch } from "/kit/kit.js";
import { CheckedForm } from "/web/checked_form.js";
import { TrustLink } from "/web/trust.js";

/**
 * The frame of what one sees before one is signed in: a form of one purpose.
 *
 * @param {object} props
 * @param {string} props.title
 * @param {string} [props.site] where this is
 * @param {string} [props.lead]
 * @param {string} props.submit words on the button
 * @param {import("/web/form.js").Form} props.form
 * @param {() => void} props.onSubmit
 * @param {import("/vendor/preact.js").ComponentChildren} [props.above] before the form
 * @param {import("/vendor/preact.js").ComponentChildren} [props.after] another way, after it
 * @param {import("/vendor/preact.js").ComponentChildren} [props.below] words below all of it
 * @param {import("/vendor/preact.js").ComponentChildren} [props.children]
 */
export function EntryForm({ title, site, lead, submit, form, onSubmit, above, after, below, children }) {
  return html`<${EntryBox} title=${title} site=${site} lead=${lead} below=${below}>
    ${above}
    <${CheckedForm} form=${form} onSubmit=${onSubmit}>
      ${children}
      <${Button} kind="primary" type="submit" busy=${form.busy.value}>${submit}<//>
    <//>
    ${after}
  <//>`;
}

/**
 * @param {object} props
 * @param {string} props.title
 * @param {string} [props.site]
 * @param {string} [props.lead]
 * @param {import("/vendor/preact.js").ComponentChildren} [props.below]
 * @param {import("/vendor/preact.js").ComponentChildren} [props.children]
 */
export function EntryBox({ title, site, lead, below, children }) {
  return html`<main class="signin">
    <div class="signin-box">
      <p class="brand brand-large">Genba<span>現場</span></p>
      <div>
        <h1>${title}</h1>
        ${site && html`<p class="signin-site">${site}</p>`}
        ${lead && html`<p class="muted">${lead}</p>`}
      </div>
      ${children}
      ${below && html`<div class="signin-how">${below}</div>`}
      <${TrustLink} />
      <${LanguageSwitch} />
    </div>
  </main>`;
}
