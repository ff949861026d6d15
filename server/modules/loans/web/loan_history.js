// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { EmptyState, Pager, Table } from "/kit/kit.js";
import { useList } from "/web/loading.js";
import { Trouble } from "/web/trouble.js";
import { loanColumns, loanKey } from "./loan_columns.js";

/**
 * The loans of one item or of one person, newest first.
 * @param {{ item?: string, person?: string }} props
 */
export function LoanHistory({ item = "", person = "" }) {
  /** @type {import("/web/loading.js").ListState<import("./words.js").Loan>} */
  const list = useList("loans", { item, person, limit: 20 }, { topics: ["loans"], rowKey: loanKey });
  return html`<section class="section">
    <h2>${t("loans-history")}</h2>
    ${list.error && html`<${Trouble} error=${list.error} onRetry=${list.reload} />`}
    ${
      !list.error &&
      html`<${Table}
        caption=${t("loans-history")}
        columns=${loanColumns({ onDone: list.reload, without: item ? "item" : "person" })}
        rows=${list.rows}
        rowKey=${loanKey}
        loading=${list.loading}
        changed=${list.changed}
        empty=${html`<div class="panel"><${EmptyState} title=${t("loans-history-none")} icon="clock" /></div>`}
      />`
    }
    ${(list.next || list.previous) && html`<${Pager} shown=${list.rows.length} total=${list.total} onNext=${list.next} onPrevious=${list.previous} />`}
  </section>`;
}
