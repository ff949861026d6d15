// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { EmptyState, Pager, Spinner } from "/kit/kit.js";
import { ChoiceFilter, Filters } from "/web/filters.js";
import { useList } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { place } from "/web/router.js";
import { Trouble } from "/web/trouble.js";
import { ConflictCard } from "./conflict_card.js";

/** @param {import("./words.js").Conflict} conflict */
const rowKey = (conflict) => conflict.id;

/** Facts that contradict each other, for somebody to decide. */
export function ConflictsPage() {
  const state = place.value.query.state ?? "open";
  /** @type {import("/web/loading.js").ListState<import("./words.js").Conflict>} */
  const list = useList("conflicts", { state: state === "all" ? "" : state, limit: 20 }, { topics: ["loans"], rowKey });
  return html`
    <${PageHead} title=${t("loans-conflicts")} lead=${t("loans-conflicts-lead")} />
    <${Filters}>
      <${ChoiceFilter}
        label=${t("loans-conflict-state")}
        name="state"
        options=${[
          { value: "", label: t("loans-conflict-state-open") },
          { value: "settled", label: t("loans-conflict-state-settled") },
          { value: "all", label: t("web-all") },
        ]}
      />
    <//>
    ${list.error && html`<${Trouble} error=${list.error} onRetry=${list.reload} />`}
    ${list.loading && html`<${Spinner} />`}
    ${
      !list.loading &&
      !list.error &&
      list.rows.length === 0 &&
      html`<div class="panel"><${EmptyState} title=${t("loans-conflicts-none")} icon="check">${t("loans-conflicts-none-detail")}<//></div>`
    }
    <div class="stack">
      ${list.rows.map((conflict) => html`<${ConflictCard} key=${conflict.id} conflict=${conflict} onDone=${list.reload} />`)}
    </div>
    ${(list.next || list.previous) && html`<${Pager} shown=${list.rows.length} total=${list.total} onNext=${list.next} onPrevious=${list.previous} />`}
  `;
}
