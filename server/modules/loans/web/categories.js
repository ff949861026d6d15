// @ts-check
import { html, useSignal } from "/kit/html.js";
import { formatNumber, t } from "/kit/i18n.js";
import { Button, EmptyState, TextField, toast } from "/kit/kit.js";
import { get, patch, post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { ListView } from "/web/list_view.js";
import { useList } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { href } from "/web/router.js";
import { may } from "/web/session.js";

/** @typedef {import("./words.js").Category} Category */

/** @param {Category} category */
const rowKey = (category) => category.id;

/** Kinds of items, and how long each may be out. */
export function CategoriesPage() {
  const list = useList("categories", {}, { topics: ["loans"], rowKey });
  const editing = useSignal(/** @type {Category | "new" | null} */ (null));
  const write = may("loans.write");
  const create = write && html`<${Button} kind="primary" icon="plus" onClick=${() => (editing.value = "new")}>${t("loans-category-new")}<//>`;
  return html`
    <${PageHead} title=${t("loans-categories")} lead=${t("loans-categories-lead")} actions=${create} />
    <${ListView}
      list=${list}
      rowKey=${rowKey}
      caption=${t("loans-categories")}
      empty=${html`<${EmptyState} title=${t("loans-categories-none")} icon="tag" actions=${create}>${t("loans-categories-none-detail")}<//>`}
      columns=${[
        { key: "name", title: t("loans-category-name"), main: true, draw: (/** @type {Category} */ one) => html`<strong>${one.name}</strong>` },
        { key: "name_en", title: t("loans-category-name-en"), draw: (/** @type {Category} */ one) => one.name_en },
        {
          key: "days",
          title: t("loans-category-days"),
          right: true,
          draw: (/** @type {Category} */ one) =>
            one.loan_days === null ? html`<span class="muted">${t("loans-no-due")}</span>` : t("loans-days", { days: one.loan_days }),
        },
        {
          key: "items",
          title: t("loans-category-items"),
          right: true,
          draw: (/** @type {Category} */ one) => html`<a href=${href(["items"], { category: one.id })}>${formatNumber(one.items)}</a>`,
        },
        {
          key: "do",
          title: "",
          right: true,
          draw: (/** @type {Category} */ one) => write && html`<${Button} small icon="edit" onClick=${() => (editing.value = one)}>${t("web-edit")}<//>`,
        },
      ]}
    />
    ${
      editing.value &&
      html`<${CategoryForm}
        category=${editing.value === "new" ? null : editing.value}
        onClose=${() => (editing.value = null)}
        onSaved=${list.reload}
      />`
    }
  `;
}

/** @param {Category | null} category */
function valuesOf(category) {
  const { name = "", name_en = "", loan_days = null, version = 0 } = category ?? {};
  return { name, name_en, loan_days: loan_days === null ? "" : String(loan_days), version: String(version) };
}

/** @param {Record<string, string>} values */
function bodyOf(values) {
  if (!("loan_days" in values)) return values;
  return { ...values, loan_days: values.loan_days.trim() === "" ? null : Number(values.loan_days) };
}

/** @param {{ category: Category | null, onClose: () => void, onSaved: () => void }} props */
function CategoryForm({ category, onClose, onSaved }) {
  const form = useForm(valuesOf(category));
  const save = async () => {
    const { version, ...draft } = form.values.value;
    /** @type {Category | undefined} */
    const saved = await form.submit(() =>
      category
        ? patch(`categories/${category.id}`, Number(version), bodyOf(form.changes()))
        : post("categories", bodyOf(draft)),
    );
    if (!saved) return;
    toast(t(category ? "web-saved" : "web-created", { name: saved.name }));
    onSaved();
    onClose();
  };
  const reload = async () => {
    /** @type {import("/web/loading.js").Page<Category> | undefined} */
    const all = await form.submit(() => get("categories"));
    const latest = all?.items.find((one) => one.id === category?.id);
    if (latest) form.rebase(valuesOf(latest));
  };
  return html`<${FormDialog}
    title=${t(category ? "loans-category-edit" : "loans-category-new")}
    submit=${t(category ? "web-save" : "web-create")}
    form=${form}
    onSubmit=${save}
    onClose=${onClose}
    onReload=${reload}
  >
    <${TextField} ...${form.field("name")} label=${t("loans-category-name")} required maxLength=${100} autofocus />
    <${TextField} ...${form.field("name_en")} label=${t("loans-category-name-en")} maxLength=${100} />
    <${TextField} ...${form.field("loan_days")} label=${t("loans-category-days")} hint=${t("loans-category-days-hint")} type="number" inputMode="numeric" />
  <//>`;
}
