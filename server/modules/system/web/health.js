// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Badge, Button, Notice, Spinner } from "/kit/kit.js";
import { useOne } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { Trouble } from "/web/trouble.js";
import { TrustPanel } from "/web/trust.js";

/** @type {Record<string, import("/kit/components/tone.js").ToneName>} */
const TONES = { ok: "returned", warning: "ask", error: "error" };

/** What the box says about itself. */
export function HealthPage() {
  /** @type {import("/web/loading.js").OneState<import("./words.js").Health>} */
  const one = useOne("/api/system/health", ["system", "devices"]);
  const health = one.value;
  return html`
    <${PageHead}
      title=${t("system-health")}
      lead=${t("system-health-lead")}
      actions=${html`<${Button} icon="refresh" onClick=${() => void one.reload()}>${t("system-check-again")}<//>`}
    />
    ${one.error && html`<${Trouble} error=${one.error} onRetry=${one.reload} />`}
    ${one.loading && html`<${Spinner} />`}
    ${
      health &&
      html`<div class="stack">
        ${health.checks.every((check) => check.status === "ok") && html`<${Notice} tone="returned" icon="check" title=${t("system-all-well")} />`}
        ${health.checks.map(
          (check) => html`<div key=${check.id} class="check panel">
            <div><h2>${check.title}</h2>${check.detail && html`<p class="muted">${check.detail}</p>`}</div>
            <${Badge} tone=${TONES[check.status] ?? "neutral"} icon=${check.status === "ok" ? "check" : "alert"}>${t(`system-check-${check.status in TONES ? check.status : "error"}`)}<//>
          </div>`,
        )}
        <${TrustPanel} />
      </div>`
    }
  `;
}
