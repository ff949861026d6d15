// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { SelectField, TextField, toast } from "/kit/kit.js";
import { get, patch, post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { useCategories } from "./categories_list.js";
import { categoryName, ITEM_STATES } from "./words.js";

/** @typedef {import("./words.js").Item} Item */

/** @param {Item | null} item */
function valuesOf(item) {
  const { code = "", name = "", place = "", status = "available", notes = "" } = item ?? {};
  return { code, name, category: item?.category ?? "", place, status, notes };
}

/**
 * What the API takes: no category is null.
 * @param {Record<string, string>} values
 */
function bodyOf(values) {
  return "category" in values ? { ...values, category: values.category || null } : values;
}

/**
 * A new item, or a change of one.
 *
 * @param {object} props
 * @param {Item | null} props.item
 * @param {() => void} props.onClose
 * @param {(item: Item) => void} props.onSaved
 */
export function ItemForm({ item, onClose, onSaved }) {
  const form = useForm({ ...valuesOf(item), version: String(item?.version ?? 0) });
  const categories = useCategories();
  const save = async () => {
    const { version, ...draft } = form.values.value;
    /** @type {Item | undefined} */
    const saved = await form.submit(() =>
      item ? patch(`items/${item.id}`, Number(version), bodyOf(form.changes())) : post("items", bodyOf(draft)),
    );
    if (!saved) return;
    toast(t(item ? "web-saved" : "web-created", { name: saved.name }));
    onSaved(saved);
    onClose();
  };
  const reload = async () => {
    if (!item) return;
    /** @type {Item | undefined} */
    const latest = await form.submit(() => get(`items/${item.id}`));
    if (latest) form.rebase({ ...valuesOf(latest), version: String(latest.version) });
  };
  return html`<${FormDialog}
    title=${t(item ? "loans-item-edit" : "loans-item-new")}
    submit=${t(item ? "web-save" : "web-create")}
    form=${form}
    onSubmit=${save}
    onClose=${onClose}
    onReload=${reload}
  >
    <div class="form-pair">
      <${TextField} ...${form.field("code")} label=${t("loans-item-code")} required maxLength=${32} code autofocus />
      <${SelectField}
        ...${form.field("status")}
        label=${t("loans-item-status")}
        options=${ITEM_STATES.map((value) => ({ value, label: t(`loans-item-status-${value}`) }))}
      />
    </div>
    <${TextField} ...${form.field("name")} label=${t("loans-item-name")} required maxLength=${100} />
    <div class="form-pair">
      <${SelectField}
        ...${form.field("category")}
        label=${t("loans-category")}
        options=${[
          { value: "", label: t("loans-category-none") },
          ...categories.map((category) => ({ value: category.id, label: categoryName(category) })),
        ]}
      />
      <${TextField} ...${form.field("place")} label=${t("loans-place")} maxLength=${100} placeholder=${t("loans-place-example")} />
    </div>
    <${TextField} ...${form.field("notes")} label=${t("loans-notes")} rows=${3} maxLength=${2000} />
  <//>`;
}
