// @ts-check
import { html, useEffect, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { TextField, toast } from "/kit/kit.js";
import { get, patch, post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { Picker } from "/web/picker.js";
import { attempt } from "/web/refusals.js";
import { may } from "/web/session.js";
import { RoleChecks, idsOf } from "./role_checks.js";

/** @typedef {import("./words.js").Account} Account */
/** @typedef {import("./words.js").OneTimeLink} OneTimeLink */
/** @typedef {{ id: string, code: string, name: string }} Person */

/** @param {Account} account */
function valuesOf({ login, name, email, roles, person, version }) {
  return { login, name, email: email ?? "", roles: [...roles].sort().join(" "), person: person ?? "", version: String(version) };
}

/**
 * A new account, or one that is there already.
 *
 * @param {object} props
 * @param {Account | null} props.account null for a new one
 * @param {import("./words.js").Role[]} props.roles
 * @param {() => void} props.onClose
 * @param {(account: Account, link: OneTimeLink | null) => void} props.onSaved
 */
export function AccountForm({ account, roles, onClose, onSaved }) {
  const form = useForm(account ? valuesOf(account) : { login: "", name: "", email: "", roles: "", person: "" });
  const person = useSignal(/** @type {Person | null} */ (null));
  useEffect(() => {
    if (!account?.person || !may("people.read")) return;
    void attempt(async () => (person.value = await get(`people/${account.person}`)));
  }, []);
  const personField = form.field("person");

  const save = async () => {
    const { version, ...changes } = account ? form.changes() : form.values.value;
    const body = {
      ...changes,
      ...("roles" in changes ? { roles: idsOf(changes.roles) } : {}),
      ...("email" in changes ? { email: changes.email.trim() || null } : {}),
      ...("person" in changes ? { person: changes.person || null } : {}),
    };
    if (account) {
      /** @type {Account | undefined} */
      const saved = await form.submit(() => patch(`accounts/${account.id}`, Number(form.values.value.version), body));
      if (!saved) return;
      toast(t("accounts-changed", { name: saved.name }));
      onSaved(saved, null);
      return;
    }
    /** @type {{ account: Account, link: OneTimeLink } | undefined} */
    const made = await form.submit(() => post("accounts", body));
    if (made) onSaved(made.account, made.link);
  };
  const reload = async () => {
    /** @type {Account | undefined} */
    const latest = await form.submit(() => get(`accounts/${account?.id}`));
    if (latest) form.rebase(valuesOf(latest));
  };
  return html`<${FormDialog}
    title=${t(account ? "accounts-edit" : "accounts-new")}
    submit=${t(account ? "web-save" : "web-create")}
    form=${form}
    onSubmit=${save}
    onClose=${onClose}
    onReload=${reload}
  >
    <${TextField} ...${form.field("name")} label=${t("accounts-name")} required maxLength=${100} autofocus />
    <${TextField} ...${form.field("login")} label=${t("accounts-login")} hint=${t("accounts-login-hint")} required maxLength=${60} />
    <${TextField} ...${form.field("email")} type="email" label=${t("accounts-email")} hint=${t("accounts-email-hint")} maxLength=${254} />
    <${RoleChecks} field=${form.field("roles")} roles=${roles} />
    ${
      may("people.read") &&
      html`<${Picker}
          label=${t("accounts-person")}
          path="people"
          query=${{ status: "active" }}
          value=${person.value}
          placeholder=${t("accounts-no-person")}
          error=${personField.error}
          onPick=${(/** @type {Person | null} */ found) => {
            person.value = found;
            personField.onChange(found?.id ?? "");
          }}
          describe=${(/** @type {Person} */ one) => ({ title: one.name, detail: one.code })}
        />
        <p class="g-field-hint">${t("accounts-person-hint")}</p>`
    }
  <//>`;
}
