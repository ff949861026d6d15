// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { TextField, toast } from "/kit/kit.js";
import { get, patch, post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { RoleChecks, idsOf } from "./role_checks.js";

/** @typedef {import("./words.js").Client} Client */
/** @typedef {import("./words.js").ClientSecret} ClientSecret */

/** @param {Client} client */
function valuesOf({ name, roles, version }) {
  return { name, roles: [...roles].sort().join(" "), version: String(version) };
}

/**
 * A new machine, or one that is there already.
 *
 * @param {object} props
 * @param {Client | null} props.client null for a new one
 * @param {import("./words.js").Role[]} props.roles
 * @param {() => void} props.onClose
 * @param {(made: ClientSecret | null) => void} props.onSaved with the secret of a new one
 */
export function ClientForm({ client, roles, onClose, onSaved }) {
  const form = useForm(client ? valuesOf(client) : { name: "", roles: "" });
  const save = async () => {
    const { version, ...changes } = client ? form.changes() : form.values.value;
    const body = { ...changes, ...("roles" in changes ? { roles: idsOf(changes.roles) } : {}) };
    if (client) {
      /** @type {Client | undefined} */
      const saved = await form.submit(() => patch(`clients/${client.id}`, Number(form.values.value.version), body));
      if (!saved) return;
      toast(t("accounts-changed", { name: saved.name }));
      onSaved(null);
      return;
    }
    /** @type {ClientSecret | undefined} */
    const made = await form.submit(() => post("clients", body));
    if (made) onSaved(made);
  };
  const reload = async () => {
    /** @type {Client | undefined} */
    const latest = await form.submit(() => get(`clients/${client?.id}`));
    if (latest) form.rebase(valuesOf(latest));
  };
  return html`<${FormDialog}
    title=${t(client ? "accounts-client-edit" : "accounts-client-new")}
    submit=${t(client ? "web-save" : "web-create")}
    form=${form}
    onSubmit=${save}
    onClose=${onClose}
    onReload=${reload}
  >
    <${TextField}
      ...${form.field("name")}
      label=${t("accounts-name")}
      hint=${!client && t("accounts-client-name-hint")}
      required
      maxLength=${100}
      autofocus
    />
    <${RoleChecks} field=${form.field("roles")} roles=${roles} />
  <//>`;
}
