// @ts-check
import { html, useId } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Dialog, Notice } from "/kit/kit.js";
import { CheckedForm } from "/web/checked_form.js";

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
    <${CheckedForm} id=${id} form=${form} onSubmit=${onSubmit}>${children}<//>
  <//>`;
}
