// @ts-check
import { html } from "/kit/html.js";
import { formatDate, t } from "/kit/i18n.js";
import { Button, Card, EmptyState, Spinner, Stat } from "/kit/kit.js";
import { RecentEvents } from "/modules/system/recent_events.js";
import { BarList, DayBars } from "/web/charts.js";
import { useOne } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { href } from "/web/router.js";
import { session } from "/web/session.js";
import { Trouble } from "/web/trouble.js";
import { OutNow } from "./out_now.js";

/** What is out and who has it; what wants attention; what just happened. */
export function DashboardPage() {
  /** @type {import("/web/loading.js").OneState<import("./words.js").Summary>} */
  const one = useOne("loans/summary", ["loans", "people"]);
  const summary = one.value;
  return html`
    <${PageHead} title=${t("loans-dashboard")} lead=${[session.value?.site.name, formatDate(new Date(), "longDay")].filter(Boolean).join(" · ")} />
    ${one.error && html`<${Trouble} error=${one.error} onRetry=${one.reload} />`}
    ${one.loading && html`<${Spinner} />`}
    ${
      summary &&
      html`<div class="stats">
        <${Stat} label=${t("loans-out")} value=${summary.out} icon="out" tone="borrowed" href=${href(["loans"], { state: "open" })} />
        <${Stat} label=${t("loans-overdue")} value=${summary.overdue} icon="clock" tone=${summary.overdue ? "error" : "neutral"} href=${href(["loans"], { overdue: "true" })} />
        <${Stat} label=${t("loans-unknown")} value=${summary.unknown_cards} icon="question" tone=${summary.unknown_cards ? "ask" : "neutral"} href=${href(["unknown-cards"])} />
        <${Stat} label=${t("loans-conflicts")} value=${summary.conflicts} icon="alert" tone=${summary.conflicts ? "ask" : "neutral"} href=${href(["conflicts"])} />
        <${Stat} label=${t("loans-borrowed-today")} value=${summary.borrowed_today} icon="chart" tone="neutral" />
        <${Stat} label=${t("loans-returned-today")} value=${summary.returned_today} icon="in" tone="neutral" />
      </div>`
    }
    ${summary?.items === 0 ? html`<${FirstSteps} />` : html`<${OutNow} />`}
    <div class="columns columns-even">
      <${Card} title=${t("loans-by-category")}>
        ${
          summary && summary.out_by_category.length > 0
            ? html`<${BarList} label=${t("loans-by-category")} rows=${summary.out_by_category.map(({ name, count }) => ({ name: name || t("loans-category-none"), count }))} />`
            : html`<p class="muted">${t("loans-nothing-out")}</p>`
        }
      <//>
      <${Card} title=${t("loans-by-day")}>
        ${
          summary && summary.busiest_days.length > 0
            ? html`<${DayBars} label=${t("loans-by-day")} days=${summary.busiest_days} />`
            : html`<p class="muted">${t("loans-history-none")}</p>`
        }
      <//>
      <${Card} title=${t("system-recent")} class="card-wide" actions=${html`<a href=${href(["journal"])}>${t("system-journal")}</a>`}>
        <${RecentEvents} />
      <//>
    </div>
  `;
}

/** A site that has no items yet: what to do, in order. */
function FirstSteps() {
  return html`<div class="panel section"><${EmptyState}
    title=${t("loans-first-steps")}
    icon="tool"
    actions=${html`<div class="row">
      <${Button} kind="primary" href=${href(["people"])}>${t("loans-first-people")}<//>
      <${Button} href=${href(["items"])}>${t("loans-first-items")}<//>
      <${Button} href=${href(["agents"])}>${t("loans-first-agents")}<//>
    </div>`}
  >${t("loans-first-steps-detail")}<//></div>`;
}
