// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { TextField, toast } from "/kit/kit.js";
import { get, patch } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";

/** @typedef {import("./words.js").Agent} Agent */

/** @param {Agent} agent */
function valuesOf({ name, place, version_no }) {
  return { name, place, version: String(version_no) };
}

/**
 * Name and place of an agent.
 *
 * @param {object} props
 * @param {Agent} props.agent
 * @param {() => void} props.onClose
 * @param {() => void} props.onSaved
 */
export function AgentForm({ agent, onClose, onSaved }) {
  const form = useForm(valuesOf(agent));
  const save = async () => {
    const { version } = form.values.value;
    const saved = await form.submit(() => patch(`devices/agents/${agent.id}`, Number(version), form.changes()));
    if (!saved) return;
    toast(t("web-saved", { name: form.values.value.name }));
    onSaved();
    onClose();
  };
  const reload = async () => {
    /** @type {Agent | undefined} */
    const latest = await form.submit(() => get(`devices/agents/${agent.id}`));
    if (latest) form.rebase(valuesOf(latest));
  };
  return html`<${FormDialog} title=${t("devices-edit")} submit=${t("web-save")} form=${form} onSubmit=${save} onClose=${onClose} onReload=${reload}>
    <${TextField} ...${form.field("name")} label=${t("devices-name")} required maxLength=${60} autofocus />
    <${TextField} ...${form.field("place")} label=${t("devices-place")} maxLength=${100} />
  <//>`;
}
