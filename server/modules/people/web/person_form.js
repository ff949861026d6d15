// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { SelectField, TextField, toast } from "/kit/kit.js";
import { get, patch, post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { PERSON_STATES } from "./words.js";

/** @typedef {import("./words.js").Person} Person */

/** @param {Person | null} person */
function valuesOf(person) {
  const { code = "", name = "", reading = "", department = "", section = "", status = "active", notes = "" } = person ?? {};
  return { code, name, reading, department, section, status, notes };
}

/**
 * A new person, or a change of one.
 *
 * @param {object} props
 * @param {Person | null} props.person
 * @param {() => void} props.onClose
 * @param {(person: Person) => void} props.onSaved
 */
export function PersonForm({ person, onClose, onSaved }) {
  const form = useForm({ ...valuesOf(person), version: String(person?.version ?? 0) });
  const save = async () => {
    const { version, ...draft } = form.values.value;
    /** @type {Person | undefined} */
    const saved = await form.submit(() =>
      person ? patch(`people/${person.id}`, Number(version), form.changes()) : post("people", draft),
    );
    if (!saved) return;
    toast(t(person ? "web-saved" : "web-created", { name: saved.name }));
    onSaved(saved);
    onClose();
  };
  const reload = async () => {
    if (!person) return;
    /** @type {Person | undefined} */
    const latest = await form.submit(() => get(`people/${person.id}`));
    if (latest) form.rebase({ ...valuesOf(latest), version: String(latest.version) });
  };
  return html`<${FormDialog}
    title=${t(person ? "people-edit" : "people-new")}
    submit=${t(person ? "web-save" : "web-create")}
    form=${form}
    onSubmit=${save}
    onClose=${onClose}
    onReload=${reload}
  >
    <div class="form-pair">
      <${TextField} ...${form.field("code")} label=${t("people-code")} required maxLength=${32} autofocus />
      <${SelectField}
        ...${form.field("status")}
        label=${t("people-status")}
        options=${PERSON_STATES.map((value) => ({ value, label: t(`people-status-${value}`) }))}
      />
    </div>
    <div class="form-pair">
      <${TextField} ...${form.field("name")} label=${t("people-name")} required maxLength=${100} />
      <${TextField} ...${form.field("reading")} label=${t("people-reading")} maxLength=${100} hint=${t("people-reading-hint")} />
    </div>
    <div class="form-pair">
      <${TextField} ...${form.field("department")} label=${t("people-department")} maxLength=${100} />
      <${TextField} ...${form.field("section")} label=${t("people-section")} maxLength=${100} />
    </div>
    <${TextField} ...${form.field("notes")} label=${t("people-notes")} rows=${3} maxLength=${2000} />
  <//>`;
}
