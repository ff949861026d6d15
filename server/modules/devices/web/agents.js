// @ts-check
import { html, useEffect, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, EmptyState, Pager, Spinner } from "/kit/kit.js";
import { useList } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { may } from "/web/session.js";
import { Trouble } from "/web/trouble.js";
import { AgentCard } from "./agent_card.js";
import { EnrolForm } from "./enrol_form.js";
import { PairForm } from "./pair_form.js";
import { Pairings } from "./pairings.js";
import { Quarantine } from "./quarantine.js";

// Heartbeats are no news: queue, clock and last contact are asked for.
const REFRESH_MS = 5_000;

/** @param {import("./words.js").Agent} agent */
const rowKey = (agent) => agent.id;

/** The Raspberry Pis at doors and benches: are they well, and is anything waiting? */
export function AgentsPage() {
  /** @type {import("/web/loading.js").ListState<import("./words.js").Agent>} */
  const list = useList("devices/agents", {}, { topics: ["devices"], rowKey });
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) void list.reload();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const adding = useSignal(/** @type {"" | "code" | "command"} */ (""));
  const close = () => (adding.value = "");
  const write = may("devices.write");
  const enrol = write && html`<${Button} kind="primary" icon="plus" onClick=${() => (adding.value = "code")}>${t("devices-enrol")}<//>`;
  return html`
    <${PageHead} title=${t("devices-agents")} lead=${t("devices-agents-lead")} actions=${enrol} />
    <${Pairings} onEnter=${() => (adding.value = "code")} />
    ${list.error && html`<${Trouble} error=${list.error} onRetry=${list.reload} />`}
    ${list.loading && html`<${Spinner} />`}
    ${
      !list.loading &&
      !list.error &&
      list.rows.length === 0 &&
      html`<div class="panel"><${EmptyState} title=${t("devices-none")} icon="device" actions=${enrol}>${t("devices-none-detail")}<//></div>`
    }
    <div class="agents">
      ${list.rows.map((agent) => html`<${AgentCard} key=${agent.id} agent=${agent} agents=${list.rows} onDone=${list.reload} />`)}
    </div>
    ${(list.next || list.previous) && html`<${Pager} shown=${list.rows.length} total=${list.total} onNext=${list.next} onPrevious=${list.previous} />`}
    <${Quarantine} />
    ${
      adding.value === "code" &&
      html`<${PairForm} agents=${list.rows} onCommand=${() => (adding.value = "command")} onClose=${close} onSaved=${list.reload} />`
    }
    ${adding.value === "command" && html`<${EnrolForm} onClose=${close} onSaved=${list.reload} />`}
  `;
}
