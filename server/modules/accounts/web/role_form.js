// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { TextField, toast } from "/kit/kit.js";
import { patch, post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";

/** @typedef {import("./words.js").Role} Role */

/**
 * The name of a role; what it may do is ticked in the table.
 * @param {{ role: Role | null, onClose: () => void, onSaved: (role: Role) => void }} props
 */
export function RoleForm({ role, onClose, onSaved }) {
  const form = useForm({ title: role?.title ?? "" });
  const save = async () => {
    const { title } = form.values.value;
    const body = { title: title.trim() };
    /** @type {Role | undefined} */
    const saved = await form.submit(() => (role ? patch(`roles/${role.id}`, role.version, body) : post("roles", body)));
    if (!saved) return;
    toast(t(role ? "web-saved" : "web-created", { name: saved.title }));
    onSaved(saved);
  };
  return html`<${FormDialog}
    title=${t(role ? "accounts-role-edit" : "accounts-role-new")}
    submit=${t(role ? "web-save" : "web-create")}
    form=${form}
    onSubmit=${save}
    onClose=${onClose}
  >
    <${TextField} ...${form.field("title")} label=${t("accounts-role-title")} required maxLength=${60} autofocus />
  <//>`;
}
