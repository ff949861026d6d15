// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Notice } from "/kit/kit.js";

/**
 * A form that is only sent when its required fields are filled in. What was refused is said above
 * it, or beside the input that it concerns.
 *
 * @param {object} props
 * @param {import("/web/form.js").Form} props.form
 * @param {() => void} props.onSubmit
 * @param {string} [props.id] for a button outside of it
 * @param {import("/vendor/preact.js").ComponentChildren} [props.children]
 */
export function CheckedForm({ form, onSubmit, id, children }) {
  const problem = form.problem.value;
  return html`
    ${problem && html`<${Notice} tone="error" live title=${problem.title}>${problem.detail}<//>`}
    <form
      id=${id}
      class="form"
      novalidate
      onSubmit=${(/** @type {Event} */ event) => {
        event.preventDefault();
        if (complete(/** @type {HTMLFormElement} */ (event.currentTarget), form)) onSubmit();
      }}
    >
      ${children}
    </form>
  `;
}

/**
 * Whether all required fields are filled in; those that are not are marked, the first is focused.
 * @param {HTMLFormElement} element
 * @param {import("/web/form.js").Form} form
 */
function complete(element, form) {
  const missing = [...element.querySelectorAll("input, select, textarea")].filter(
    (field) => field instanceof HTMLInputElement && field.required && field.value.trim() === "",
  );
  if (missing.length === 0) return true;
  const fields = /** @type {HTMLInputElement[]} */ (missing);
  form.mark(fields.map((field) => field.name), t("invalid-missing"));
  fields[0].focus();
  return false;
}
