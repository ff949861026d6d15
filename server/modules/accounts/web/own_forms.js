// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { TextField, toast } from "/kit/kit.js";
import { post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { useOne } from "/web/loading.js";
import { PasswordField } from "./password_field.js";

/** @param {{ account: import("./words.js").Account, onClose: () => void }} props */
export function PasswordForm({ account, onClose }) {
  const form = useForm({ ...(account.has_password && { current: "" }), password: "" });
  /** @type {import("/web/loading.js").OneState<import("./sign_in.js").Welcome>} */
  const welcome = useOne("welcome", []);
  const least = welcome.value?.shortest_password;
  const save = async () => {
    const done = await form.submit(async () => {
      await post("session/password", form.values.value);
      return true;
    });
    if (!done) return;
    toast(t("accounts-password-changed"));
    onClose();
  };
  return html`<${FormDialog} title=${t("accounts-password-change")} submit=${t("web-save")} form=${form} onSubmit=${save} onClose=${onClose}>
    <input class="g-hidden" type="text" autocomplete="username" value=${account.login} readonly tabindex="-1" aria-hidden="true" />
    ${
      account.has_password &&
      html`<${PasswordField} field=${form.field("current")} label=${t("accounts-password-current")} kind="current-password" autofocus />`
    }
    <${PasswordField}
      field=${form.field("password")}
      label=${t("accounts-password-new")}
      kind="new-password"
      hint=${least && t("accounts-password-hint", { least })}
      autofocus=${!account.has_password}
    />
  <//>`;
}

/** @param {{ onClose: () => void, onSaved: () => void }} props */
export function PinForm({ onClose, onSaved }) {
  const form = useForm({ pin: "" });
  const save = async () => {
    const done = await form.submit(async () => {
      await post("session/pin", form.values.value);
      return true;
    });
    if (!done) return;
    toast(t("accounts-pin-changed"));
    onSaved();
  };
  return html`<${FormDialog} title=${t("accounts-pin-change")} submit=${t("web-save")} form=${form} onSubmit=${save} onClose=${onClose}>
    <${TextField}
      ...${form.field("pin")}
      type="password"
      inputMode="numeric"
      autocomplete="new-password"
      label=${t("accounts-pin")}
      hint=${t("accounts-pin-hint")}
      maxLength=${12}
      required
      autofocus
    />
  <//>`;
}
