// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t, zone } from "/kit/i18n.js";
import { Button, EmptyState } from "/kit/kit.js";
import { address } from "/web/api.js";
import { dayStart, nextDay } from "/web/days.js";
import { ChoiceFilter, DayFilter, Filters, SearchFilter } from "/web/filters.js";
import { ListView } from "/web/list_view.js";
import { useList } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { place } from "/web/router.js";
import { may } from "/web/session.js";
import { LendForm } from "./lend_form.js";
import { loanColumns, loanKey } from "./loan_columns.js";
import { LOAN_STATES } from "./words.js";

/** All loans, newest first. */
export function LoansPage() {
  const { search = "", state = "", overdue = "", since = "", until = "" } = place.value.query;
  const query = {
    search,
    state,
    overdue,
    since: since && dayStart(since, zone.value),
    until: until && dayStart(nextDay(until), zone.value),
  };
  /** @type {import("/web/loading.js").ListState<import("./words.js").Loan>} */
  const list = useList("loans", query, { topics: ["loans"], rowKey: loanKey });
  const lending = useSignal(false);
  const lend = may("loans.lend") && html`<${Button} kind="primary" icon="out" onClick=${() => (lending.value = true)}>${t("loans-lend")}<//>`;
  return html`
    <${PageHead}
      title=${t("loans-loans")}
      lead=${t("loans-loans-lead")}
      actions=${html`<${Button} icon="download" href=${address("loans.csv", query)} download="loans.csv">${t("web-export")}<//>${lend}`}
    />
    <${Filters}>
      <${SearchFilter} label=${t("loans-loans-search")} />
      <${ChoiceFilter}
        label=${t("loans-state")}
        name="state"
        options=${[{ value: "", label: t("web-all") }, ...LOAN_STATES.map((value) => ({ value, label: t(`loans-state-${value}`) }))]}
      />
      <${ChoiceFilter}
        label=${t("loans-due")}
        name="overdue"
        options=${[
          { value: "", label: t("web-all") },
          { value: "true", label: t("loans-overdue-only") },
        ]}
      />
      <${DayFilter} label=${t("loans-from")} name="since" />
      <${DayFilter} label=${t("loans-until")} name="until" />
    <//>
    <${ListView}
      list=${list}
      rowKey=${loanKey}
      caption=${t("loans-loans")}
      columns=${loanColumns({ onDone: list.reload })}
      empty=${html`<${EmptyState} title=${t("loans-none")} icon="out" actions=${lend}>${t("loans-none-detail")}<//>`}
    />
    ${lending.value && html`<${LendForm} onClose=${() => (lending.value = false)} onSaved=${list.reload} />`}
  `;
}
