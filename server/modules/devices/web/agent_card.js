// @ts-check
import { html, useSignal } from "/kit/html.js";
import { formatNumber, t, tOr } from "/kit/i18n.js";
import { Badge, Button, Card, ConfirmDialog, Icon, Notice } from "/kit/kit.js";
import { post } from "/web/api.js";
import { Facts } from "/web/facts.js";
import { attempt } from "/web/refusals.js";
import { may } from "/web/session.js";
import { Ago, When } from "/web/when.js";
import { AgentForm } from "./agent_form.js";
import { PairForm } from "./pair_form.js";

/** @typedef {import("./words.js").Agent} Agent */

/** @type {Record<string, import("/kit/components/tone.js").ToneName>} */
const READER_TONES = { ready: "returned", absent: "ask", unavailable: "error" };

const CLOCK_TOLERABLE_MS = 2_000;

/**
 * How one agent is.
 * @param {{ agent: Agent, agents: Agent[], onDone: () => void }} props
 */
export function AgentCard({ agent, agents, onDone }) {
  const dialog = useSignal(/** @type {"" | "edit" | "revoke" | "replace"} */ (""));
  const busy = useSignal(false);
  const close = () => (dialog.value = "");
  const revoke = async () => {
    busy.value = true;
    await attempt(() => post(`devices/agents/${agent.id}/revoke`), t("devices-revoked-done", { name: agent.name }));
    busy.value = false;
    close();
    onDone();
  };
  return html`<${Card}
    title=${agent.name}
    tone=${agent.revoked ? "neutral" : agent.online ? "returned" : "error"}
    actions=${html`<${Presence} agent=${agent} />`}
  >
    ${
      agent.set_aside > 0 &&
      html`<${Notice} tone="error" title=${t("devices-set-aside", { count: agent.set_aside })}>${t("devices-set-aside-detail")}<//>`
    }
    <${Facts}
      rows=${[
        [t("devices-place"), agent.place],
        [t("devices-last-seen"), agent.last_seen ? html`<${Ago} at=${agent.last_seen} />` : t("devices-never-seen")],
        [t("devices-waiting"), html`<${Waiting} agent=${agent} />`],
        [t("devices-clock"), html`<${ClockState} agent=${agent} />`],
        [t("devices-readers"), html`<${Readers} agent=${agent} />`],
        [t("devices-screen"), agent.online ? t(agent.kiosk_drawing ? "devices-screen-on" : "devices-screen-off") : null],
        [t("devices-version"), agent.version && html`<span class="g-code">${agent.version}</span>`],
        [t("devices-enrolled"), html`<${When} at=${agent.enrolled_at} style="date" />`],
      ]}
    />
    ${
      may("devices.write") &&
      html`<div class="card-foot">
        ${!agent.revoked && html`<${Button} small icon="edit" onClick=${() => (dialog.value = "edit")}>${t("web-edit")}<//>`}
        <${Button} small kind="quiet" icon="refresh" onClick=${() => (dialog.value = "replace")}>${t("devices-replace")}<//>
        ${!agent.revoked && html`<${Button} small kind="quiet" icon="stop" onClick=${() => (dialog.value = "revoke")}>${t("devices-revoke")}<//>`}
      </div>`
    }
    ${dialog.value === "replace" && html`<${PairForm} agents=${agents} replaces=${agent.id} onClose=${close} onSaved=${onDone} />`}
    ${dialog.value === "edit" && html`<${AgentForm} agent=${agent} onClose=${close} onSaved=${onDone} />`}
    ${
      dialog.value === "revoke" &&
      html`<${ConfirmDialog}
        title=${t("devices-revoke-title", { name: agent.name })}
        confirm=${t("devices-revoke")}
        danger
        busy=${busy.value}
        onClose=${close}
        onConfirm=${() => void revoke()}
      >
        <p>${t("devices-revoke-detail")}</p>
        ${agent.waiting > 0 && html`<${Notice} tone="error">${t("devices-revoke-waiting", { count: agent.waiting })}<//>`}
      <//>`
    }
  <//>`;
}

/** @param {{ agent: Agent }} props */
function Presence({ agent }) {
  if (agent.revoked) return html`<${Badge} tone="neutral" icon="stop">${t("devices-revoked")}<//>`;
  return agent.online
    ? html`<${Badge} tone="returned" icon="link">${t("devices-online")}<//>`
    : html`<${Badge} tone="error" icon="linkOff">${t("devices-offline")}<//>`;
}

/** @param {{ agent: Agent }} props */
function Waiting({ agent }) {
  if (agent.waiting === 0) return t("devices-waiting-none");
  const age = agent.oldest_seconds === null ? "" : t("devices-waiting-oldest", { minutes: Math.max(1, Math.round(agent.oldest_seconds / 60)) });
  return html`<strong>${t("devices-waiting-count", { count: formatNumber(agent.waiting) })}</strong> <span class="muted">${age}</span>`;
}

/** @param {{ agent: Agent }} props */
function ClockState({ agent }) {
  if (agent.clock !== "known") return html`<${Badge} tone="ask" icon="clock">${t("devices-clock-unknown")}<//>`;
  const offset = agent.clock_offset_ms ?? 0;
  const words = t("devices-clock-offset", { seconds: formatNumber(offset / 1000, { maximumFractionDigits: 1, signDisplay: "exceptZero" }) });
  return Math.abs(offset) > CLOCK_TOLERABLE_MS
    ? html`<${Badge} tone="ask" icon="clock">${words}<//>`
    : html`<span>${t("devices-clock-right")} <span class="muted">${words}</span></span>`;
}

/** @param {{ agent: Agent }} props */
function Readers({ agent }) {
  if (agent.readers.length === 0) return html`<span class="muted">${t("devices-readers-none")}</span>`;
  return html`<ul class="readers">
    ${agent.readers.map(
      (reader) => html`<li key=${reader.reader}>
        <span><${Icon} name="reader" /> ${reader.reader} ${reader.driver !== reader.reader && html`<span class="muted">${reader.driver}</span>`}</span> 
        <${Badge} tone=${READER_TONES[reader.state] ?? "neutral"}>${tOr(`devices-reader-${reader.state}`, "devices-reader-unavailable")}<//>
        ${reader.message && reader.message !== "ready" && html`<p class="muted why">${tOr(`devices-reader-why-${reader.message}`, "devices-reader-why-other", { code: reader.message })}</p>`}
      </li>`,
    )}
  </ul>`;
}
