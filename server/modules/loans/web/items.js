// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, EmptyState } from "/kit/kit.js";
import { address } from "/web/api.js";
import { CsvImport } from "/web/csv_import.js";
import { ChoiceFilter, Filters, SearchFilter } from "/web/filters.js";
import { ListView } from "/web/list_view.js";
import { useList } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { go, href, place } from "/web/router.js";
import { may } from "/web/session.js";
import { useCategories } from "./categories_list.js";
import { ItemForm } from "./item_form.js";
import { categoryName, Due, ITEM_STATES, ItemState } from "./words.js";

/** @typedef {import("./words.js").Item} Item */

const COLUMNS = "code,name,category,place,status,notes";

/** @param {Item} item */
const rowKey = (item) => item.id;

/** The register of things that are lent. */
export function ItemsPage() {
  const { search = "", category = "", status = "", on_loan = "" } = place.value.query;
  const query = { search, category, status, on_loan };
  const list = useList("items", query, { topics: ["loans", "people"], rowKey });
  const categories = useCategories();
  const dialog = useSignal(/** @type {"" | "new" | "import"} */ (""));
  const close = () => (dialog.value = "");
  const write = may("loans.write");
  const create = write && html`<${Button} kind="primary" icon="plus" onClick=${() => (dialog.value = "new")}>${t("loans-item-new")}<//>`;
  const upload = write && html`<${Button} icon="upload" onClick=${() => (dialog.value = "import")}>${t("web-import")}<//>`;
  return html`
    <${PageHead}
      title=${t("loans-items")}
      lead=${t("loans-items-lead")}
      actions=${html`<${Button} icon="download" href=${address("items.csv", query)} download="items.csv">${t("web-export")}<//>${upload}${create}`}
    />
    <${Filters}>
      <${SearchFilter} label=${t("loans-items-search")} />
      <${ChoiceFilter}
        label=${t("loans-category")}
        name="category"
        options=${[{ value: "", label: t("web-all") }, ...categories.map((one) => ({ value: one.id, label: categoryName(one) }))]}
      />
      <${ChoiceFilter}
        label=${t("loans-where")}
        name="on_loan"
        options=${[
          { value: "", label: t("web-all") },
          { value: "true", label: t("loans-out") },
          { value: "false", label: t("loans-in") },
        ]}
      />
      <${ChoiceFilter}
        label=${t("loans-item-status")}
        name="status"
        options=${[{ value: "", label: t("web-all") }, ...ITEM_STATES.map((value) => ({ value, label: t(`loans-item-status-${value}`) }))]}
      />
    <//>
    <${ListView}
      list=${list}
      rowKey=${rowKey}
      caption=${t("loans-items")}
      onRow=${(/** @type {Item} */ item) => go(["items", item.id])}
      empty=${html`<${EmptyState} title=${t("loans-items-none")} icon="tool" actions=${html`<div class="row">${create}${upload}</div>`}>${t("loans-items-none-detail")}<//>`}
      columns=${[
        {
          key: "name",
          title: t("loans-item-name"),
          main: true,
          draw: (/** @type {Item} */ item) => html`<a class="row-name" href=${href(["items", item.id])}>${item.name}</a>`,
        },
        { key: "code", title: t("loans-item-code"), draw: (/** @type {Item} */ item) => html`<span class="g-code">${item.code}</span>` },
        { key: "category", title: t("loans-category"), draw: (/** @type {Item} */ item) => item.category_name },
        { key: "place", title: t("loans-place"), draw: (/** @type {Item} */ item) => item.place },
        { key: "state", title: t("loans-item-status"), draw: (/** @type {Item} */ item) => html`<${ItemState} item=${item} />` },
        {
          key: "who",
          title: t("loans-who-has"),
          draw: (/** @type {Item} */ item) =>
            item.loan && html`<a href=${href(["people", item.loan.person])}>${item.loan.person_name}</a>`,
        },
        {
          key: "due",
          title: t("loans-due"),
          draw: (/** @type {Item} */ item) => item.loan && html`<${Due} due=${item.loan.due} open />`,
        },
      ]}
    />
    ${dialog.value === "new" && html`<${ItemForm} item=${null} onClose=${close} onSaved=${(/** @type {Item} */ item) => go(["items", item.id])} />`}
    ${
      dialog.value === "import" &&
      html`<${CsvImport} title=${t("loans-items-import")} path="items/import" columns=${COLUMNS} template=${address("items.csv")} onClose=${close} />`
    }
  `;
}
