// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, EmptyState } from "/kit/kit.js";
import { address } from "/web/api.js";
import { CsvImport } from "/web/csv_import.js";
import { ChoiceFilter, Filters, SearchFilter } from "/web/filters.js";
import { ListView } from "/web/list_view.js";
import { useList, useOne } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { go, href, place } from "/web/router.js";
import { may } from "/web/session.js";
import { PersonForm } from "./person_form.js";
import { PERSON_STATES, PersonState } from "./words.js";

/** @typedef {import("./words.js").Person} Person */

const COLUMNS = "code,name,reading,department,section,status,notes";

/** @param {Person} person */
const rowKey = (person) => person.id;

/** The list of persons. */
export function PeoplePage() {
  const { search = "", status = "", department = "" } = place.value.query;
  const query = { search, status, department };
  const list = useList("people", query, { topics: ["people"], rowKey });
  /** @type {import("/web/loading.js").OneState<{ departments: string[] }>} */
  const departments = useOne("people/departments", ["people"]);
  const dialog = useSignal(/** @type {"" | "new" | "import"} */ (""));
  const close = () => (dialog.value = "");
  const write = may("people.write");
  const create = write && html`<${Button} kind="primary" icon="plus" onClick=${() => (dialog.value = "new")}>${t("people-new")}<//>`;
  const upload = write && html`<${Button} icon="upload" onClick=${() => (dialog.value = "import")}>${t("web-import")}<//>`;
  return html`
    <${PageHead}
      title=${t("people-people")}
      lead=${t("people-lead")}
      actions=${html`<${Button} icon="download" href=${address("people.csv", query)} download="people.csv">${t("web-export")}<//>${upload}${create}`}
    />
    <${Filters}>
      <${SearchFilter} label=${t("people-search")} />
      <${ChoiceFilter}
        label=${t("people-department")}
        name="department"
        options=${[
          { value: "", label: t("web-all") },
          ...(departments.value?.departments ?? []).map((value) => ({ value, label: value || t("people-no-department") })).filter(({ value }) => value),
        ]}
      />
      <${ChoiceFilter}
        label=${t("people-status")}
        name="status"
        options=${[{ value: "", label: t("web-all") }, ...PERSON_STATES.map((value) => ({ value, label: t(`people-status-${value}`) }))]}
      />
    <//>
    <${ListView}
      list=${list}
      rowKey=${rowKey}
      caption=${t("people-people")}
      onRow=${(/** @type {Person} */ person) => go(["people", person.id])}
      empty=${html`<${EmptyState} title=${t("people-none")} icon="people" actions=${html`<div class="row">${create}${upload}</div>`}>${t("people-none-detail")}<//>`}
      columns=${[
        {
          key: "name",
          title: t("people-name"),
          main: true,
          draw: (/** @type {Person} */ person) =>
            html`<a class="row-name" href=${href(["people", person.id])}><ruby>${person.name}<rt>${person.reading}</rt></ruby></a>`,
        },
        { key: "code", title: t("people-code"), draw: (/** @type {Person} */ person) => html`<span class="g-code">${person.code}</span>` },
        {
          key: "department",
          title: t("people-department"),
          draw: (/** @type {Person} */ person) => [person.department, person.section].filter(Boolean).join(" "),
        },
        { key: "cards", title: t("people-cards-count"), right: true, draw: (/** @type {Person} */ person) => person.cards.length },
        { key: "status", title: t("people-status"), draw: (/** @type {Person} */ person) => html`<${PersonState} status=${person.status} />` },
      ]}
    />
    ${dialog.value === "new" && html`<${PersonForm} person=${null} onClose=${close} onSaved=${(/** @type {Person} */ person) => go(["people", person.id])} />`}
    ${
      dialog.value === "import" &&
      html`<${CsvImport} title=${t("people-import")} path="people/import" columns=${COLUMNS} template=${address("people.csv")} onClose=${close} />`
    }
  `;
}
