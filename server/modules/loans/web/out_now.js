// @ts-check
import { html, useSignal } from "/kit/html.js";
import { daysUntil, formatNumber, t, toDate } from "/kit/i18n.js";
import { Button, EmptyState, SearchField, Segmented, Table } from "/kit/kit.js";
import { useList } from "/web/loading.js";
import { go, href } from "/web/router.js";
import { Trouble } from "/web/trouble.js";
import { When } from "/web/when.js";
import { loanKey } from "./loan_columns.js";
import { Due } from "./words.js";

/** @typedef {import("./words.js").Loan} Loan */
/** @typedef {"due" | "person" | "none"} Grouping */
/** @typedef {{ key: string, down: boolean }} Sort */

const SHOWN = 500;
const FAR = Number.MAX_SAFE_INTEGER;

/** @type {Record<string, (loan: Loan) => string | number>} What each column is sorted by. */
const SORT_KEYS = {
  item: (loan) => loan.item_name,
  person: (loan) => loan.person_name,
  borrowed: (loan) => toDate(loan.borrowed_at).getTime(),
  due: (loan) => (loan.due_at ? toDate(loan.due_at).getTime() : FAR),
};

/** What is out now, the most overdue first, in groups. */
export function OutNow() {
  /** @type {import("/web/loading.js").ListState<Loan>} */
  const list = useList("loans", { state: "open", limit: SHOWN }, { topics: ["loans"], rowKey: loanKey });
  const grouping = useSignal(/** @type {Grouping} */ ("due"));
  const sort = useSignal(/** @type {Sort} */ ({ key: "due", down: false }));
  const search = useSignal("");
  const wanted = search.value.trim().toLowerCase();
  const rows = sorted(list.rows, sort.value).filter(
    (loan) => !wanted || `${loan.item_name} ${loan.item_code} ${loan.person_name} ${loan.person_code}`.toLowerCase().includes(wanted),
  );
  const groups = grouped(rows, grouping.value);
  return html`<section class="section">
    <div class="section-head">
      <h2>${t("loans-out-now")} <span class="muted">${formatNumber(list.rows.length)}</span></h2>
      <${SearchField} value=${search.value} label=${t("loans-loans-search")} shortcut onInput=${(/** @type {string} */ text) => (search.value = text)} />
      <${Segmented}
        label=${t("loans-group")}
        value=${grouping.value}
        options=${[
          { value: "due", label: t("loans-group-due") },
          { value: "person", label: t("loans-group-person") },
          { value: "none", label: t("loans-group-none") },
        ]}
        onChange=${(/** @type {Grouping} */ value) => (grouping.value = value)}
      />
    </div>
    ${list.error && html`<${Trouble} error=${list.error} onRetry=${list.reload} />`}
    ${
      groups.length === 0 && !list.loading && !list.error
        ? html`<div class="panel"><${EmptyState} title=${wanted ? t("web-nothing-found") : t("loans-nothing-out")} icon=${wanted ? "search" : "check"} /></div>`
        : (groups.length === 0 ? [{ key: "loading", title: "", late: false, rows: [] }] : groups).map(
            (group) => html`<div key=${group.key} class="group">
              ${group.title && html`<h3 class=${group.late ? "group-head late" : "group-head"}>${group.title} <span class="muted">${formatNumber(group.rows.length)}</span></h3>`}
              <${Table}
                caption=${group.title || t("loans-out-now")}
                rows=${group.rows}
                rowKey=${loanKey}
                loading=${list.loading}
                changed=${list.changed}
                sort=${sort.value}
                onSort=${(/** @type {Sort} */ value) => (sort.value = value)}
                onRow=${(/** @type {Loan} */ loan) => go(["items", loan.item])}
                columns=${columns()}
              />
            </div>`,
          )
    }
    ${list.next && html`<p class="muted">${t("loans-out-more", { shown: list.rows.length })} <${Button} small href=${href(["loans"], { state: "open" })}>${t("loans-out-all")}<//></p>`}
  </section>`;
}

/** Titles follow the language, so the columns are made at each draw. */
function columns() {
  return [
    {
      key: "item",
      title: t("loans-item"),
      main: true,
      sortable: true,
      draw: (/** @type {Loan} */ loan) =>
        html`<div><a class="row-name" href=${href(["items", loan.item])}>${loan.item_name}</a> <span class="muted g-code nowrap">${loan.item_code}</span></div>`,
    },
    {
      key: "person",
      title: t("loans-person"),
      sortable: true,
      draw: (/** @type {Loan} */ loan) => html`<a class="row-name" href=${href(["people", loan.person])}>${loan.person_name}</a>`,
    },
    {
      key: "borrowed",
      title: t("loans-since"),
      sortable: true,
      draw: (/** @type {Loan} */ loan) => html`<${When} at=${loan.borrowed_at} uncertain=${!loan.borrowed_certain} />`,
    },
    { key: "due", title: t("loans-due"), sortable: true, draw: (/** @type {Loan} */ loan) => html`<${Due} due=${loan.due_at} open />` },
  ];
}

/**
 * @param {readonly Loan[]} rows
 * @param {Sort} sort
 */
function sorted(rows, { key, down }) {
  const keyOf = SORT_KEYS[key];
  const sign = down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [keyOf(a), keyOf(b)];
    if (typeof left === "string") return sign * left.localeCompare(String(right), "ja");
    return sign * (left - Number(right));
  });
}

/**
 * @param {readonly Loan[]} rows
 * @param {Grouping} grouping
 * @returns {{ key: string, title: string, late: boolean, rows: Loan[] }[]}
 */
function grouped(rows, grouping) {
  if (grouping === "none") return rows.length > 0 ? [{ key: "all", title: "", late: false, rows: [...rows] }] : [];
  /** @type {Map<string, Loan[]>} */
  const groups = new Map(grouping === "due" ? ["late", "today", "week", "later", "never"].map((key) => [key, []]) : []);
  for (const loan of rows) {
    const key = grouping === "due" ? dueGroup(loan) : loan.person;
    groups.set(key, [...(groups.get(key) ?? []), loan]);
  }
  return [...groups]
    .filter(([, loans]) => loans.length > 0)
    .map(([key, loans]) => ({
      key,
      title: grouping === "due" ? t(`loans-group-${key}`) : loans[0].person_name,
      late: key === "late",
      rows: loans,
    }));
}

/** @param {Loan} loan */
function dueGroup(loan) {
  if (!loan.due_at) return "never";
  if (loan.overdue) return "late";
  const days = daysUntil(loan.due_at);
  return days <= 0 ? "today" : days < 7 ? "week" : "later";
}
