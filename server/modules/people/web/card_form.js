// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { SelectField, TextField, toast } from "/kit/kit.js";
import { post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { technologyName, TECHNOLOGIES } from "./words.js";

/**
 * Register a card by its UID.
 *
 * @param {object} props
 * @param {{ person: string } | { item: string }} props.owner
 * @param {string} props.name whose it is going to be
 * @param {() => void} props.onClose
 * @param {() => void} props.onSaved
 */
export function CardForm({ owner, name, onClose, onSaved }) {
  const form = useForm({ uid: "", technology: "unknown" });
  const save = async () => {
    const saved = await form.submit(() => post("cards", { ...form.values.value, ...owner }));
    if (!saved) return;
    toast(t("people-card-registered", { name }));
    onSaved();
    onClose();
  };
  return html`<${FormDialog}
    title=${t("people-card-add-title", { name })}
    submit=${t("people-card-register")}
    form=${form}
    onSubmit=${save}
    onClose=${onClose}
  >
    <${TextField} ...${form.field("uid")} label=${t("people-card-uid")} hint=${t("people-card-uid-hint")} code required autofocus maxLength=${100} />
    <${SelectField}
      ...${form.field("technology")}
      label=${t("people-card-technology")}
      options=${TECHNOLOGIES.map((value) => ({ value, label: technologyName(value) }))}
    />
    <p class="muted">${t("people-card-tap-instead")}</p>
  <//>`;
}
