// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { CheckField, TextField } from "/kit/kit.js";

/**
 * A password, which can be shown: nobody types a long one twice.
 *
 * @param {object} props
 * @param {string} props.label
 * @param {ReturnType<import("/web/form.js").Form["field"]>} props.field
 * @param {"current-password" | "new-password"} props.kind
 * @param {string} [props.hint]
 * @param {boolean} [props.autofocus]
 */
export function PasswordField({ label, field, kind, hint, autofocus }) {
  const shown = useSignal(false);
  return html`<div class="password">
    <${TextField}
      ...${field}
      type=${shown.value ? "text" : "password"}
      autocomplete=${kind}
      label=${label}
      hint=${hint}
      required
      autofocus=${autofocus}
    />
    <${CheckField} label=${t("accounts-password-show")} checked=${shown.value} onChange=${(/** @type {boolean} */ on) => (shown.value = on)} />
  </div>`;
}
