// @ts-check
import { html, useId } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Dialog, Notice } from "/kit/kit.js";

/**
 * A form in a dialog: Enter sends it, Esc closes it, a refusal stays beside the input.
 *
 * @param {object} props
 * @param {string} props.title
 * @param {string} props.submit words on the button: the verb
 * @param {import("/web/form.js").Form} props.form
 * @param {() => void} props.onSubmit
 * @param {() => void} props.onClose
 * @param {() => void} [props.onReload] fetch what is there now and rebase the form on it
 * @param {boolean} [props.disabled]
 * @param {boolean} [props.danger]
 * @param {import("/vendor/preact.js").ComponentChildren} [props.children]
 */
export function FormDialog({ title, submit, form, onSubmit, onClose, onReload, disabled, danger, children }) {
  const id = useId();
  const problem = form.problem.value;
  return html`<${Dialog}
    title=${title}
    onClose=${onClose}
    keep
    actions=${html`<${Button} onClick=${onClose}>${t("kit-cancel")}<//>
      <${Button}
        kind=${danger ? "danger" : "primary"}
        type="submit"
        form=${id}
        busy=${form.busy.value}
        disabled=${disabled}
      >${submit}<//>`}
  >
    ${
      form.outdated.value &&
      html`<${Notice}
        tone="ask"
        live
        title=${t("web-outdated")}
        actions=${onReload && html`<${Button} small icon="refresh" onClick=${onReload}>${t("web-outdated-reload")}<//>`}
      >${t("web-outdated-detail")}<//>`
    }
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
  <//>`;
}

/**
 * Whether all required fields are filled in; those that are not are marked, the first is focused.
 * @param {HTMLFormElement} element
 * @param {import("/web/form.js").Form} form
 */
export function complete(element, form) {
  const missing = [...element.querySelectorAll("input, select, textarea")].filter(
    (field) => field instanceof HTMLInputElement && field.required && field.value.trim() === "",
  );
  if (missing.length === 0) return true;
  const fields = /** @type {HTMLInputElement[]} */ (missing);
  form.mark(fields.map((field) => field.name), t("invalid-missing"));
  fields[0].focus();
  return false;
}
