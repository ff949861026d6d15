// @ts-check
import { html, useEffect, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Spinner } from "/kit/kit.js";
import { post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { enter } from "/web/session.js";
import { EntryForm } from "./entry.js";
import { PasswordField } from "./password_field.js";
import { SecondCode, withSecond } from "./second_code.js";
import { LinkRefused } from "./sign_in.js";

/**
 * Whoever has the one-time link chooses the password, and is signed in.
 * @param {{ code: string, least: number }} props
 */
export function ChoosePassword({ code, least }) {
  const login = useSignal("");
  const refused = useSignal(/** @type {unknown} */ (null));
  const form = useForm({ password: "", second_code: "" });
  const wanted = useSignal(/** @type {import("./second_code.js").Second} */ (""));
  const look = async () => {
    try {
      /** @type {{ login: string }} */
      const whose = await post("session/whose-link", { code });
      login.value = whose.login;
    } catch (error) {
      refused.value = error;
    }
  };
  useEffect(() => void look(), [code]);
  if (refused.value) return html`<${LinkRefused} error=${refused.value} />`;
  if (!login.value) return html`<main class="signin"><${Spinner} /></main>`;
  const submit = async () => {
    const { password, second_code } = form.values.value;
    const body = { code, password, second_code: second_code || null };
    const opened = await form.submit(() => withSecond(wanted, () => post("session/password-link", body)));
    if (opened) enter(/** @type {import("/web/session.js").Session} */ (opened));
  };
  return html`<${EntryForm}
    title=${t("accounts-password-title")}
    lead=${t("accounts-password-title-detail", { login: login.value })}
    submit=${t("accounts-password-set")}
    form=${form}
    onSubmit=${submit}
  >
    <input class="g-hidden" type="text" name="username" autocomplete="username" value=${login.value} readonly tabindex="-1" aria-hidden="true" />
    <${PasswordField}
      field=${form.field("password")}
      label=${t("accounts-password")}
      kind="new-password"
      hint=${t("accounts-password-hint", { least })}
      autofocus
    />
    <${SecondCode} field=${form.field("second_code")} wanted=${wanted.value} />
  <//>`;
}
