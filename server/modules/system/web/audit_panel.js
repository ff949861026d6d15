// @ts-check
import { html, useEffect, useSignal } from "/kit/html.js";
import { formatNumber, t, tOr } from "/kit/i18n.js";
import { Badge, Button, Notice } from "/kit/kit.js";
import { post } from "/web/api.js";
import { Facts } from "/web/facts.js";
import { useOne } from "/web/loading.js";
import { attempt } from "/web/refusals.js";
import { Trouble } from "/web/trouble.js";
import { When } from "/web/when.js";

const LOOK_AGAIN_MS = 1_000;
const SHOWN_FAULTS = 20;

/** @typedef {import("./words.js").AuditState} AuditState */
/** @typedef {import("./words.js").Verification} Verification */

/** @type {Record<string, import("/kit/components/tone.js").ToneName>} */
const TONES = { sound: "returned", faulty: "error", failed: "error" };

/** Whether the journal can be believed: last checkpoint, last verification, and "verify now". */
export function AuditPanel() {
  /** @type {import("/web/loading.js").OneState<AuditState>} */
  const one = useOne("audit", []);
  const asking = useSignal(false);
  const state = one.value;
  const verification = state?.verification ?? null;
  const busy = verification !== null && ["waiting", "running"].includes(verification.state);
  useEffect(() => {
    if (!busy) return undefined;
    const timer = setTimeout(() => void one.reload(), LOOK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  if (one.error) return html`<${Trouble} error=${one.error} onRetry=${one.reload} />`;
  if (!state) return null;
  const verify = async () => {
    asking.value = true;
    await attempt(() => post("audit/verifications", { whole: true }));
    await one.reload();
    asking.value = false;
  };
  return html`<section class="panel audit" aria-label=${t("system-audit")}>
    <div class="audit-state">
      <h2>${t("system-audit")} ${verification && html`<${Outcome} verification=${verification} />`}</h2>
      <${Button} icon="refresh" busy=${busy || asking.value} onClick=${() => void verify()}>${t("system-audit-verify")}<//>
    </div>
    ${busy && html`<${Progress} verification=${verification} />`}
    ${verification?.state === "faulty" && html`<${FaultList} verification=${verification} />`}
    ${state.trouble && html`<${Notice} tone="ask" title=${tOr(`system-audit-${state.trouble}`, "system-audit-copy_unwritable")} />`}
    <details>
      <summary>${t("system-audit-details")}</summary>
      <${Facts}
        rows=${[
          [t("system-audit-end"), formatNumber(state.position)],
          [t("system-audit-sound-at"), html`<${When} at=${state.last_sound_at} style="dateTime" />`],
          [
            t("system-audit-checkpoint"),
            state.checkpoint &&
              html`<${When} at=${state.checkpoint.at} style="dateTime" /> · ${t("system-position")} ${formatNumber(state.checkpoint.position)}`,
          ],
          [t("system-audit-copy"), t(state.copied ? "system-audit-copied" : "system-audit-not-copied")],
          [t("system-audit-redacted"), verification && formatNumber(verification.redacted)],
          [t("system-audit-key"), html`<span class="g-code">${state.public_key}</span>`],
        ]}
      />
      <p class="muted">${t("system-audit-offline")} <code class="g-code">genba-server audit verify</code></p>
    </details>
  </section>`;
}

/** @param {{ verification: Verification }} props */
function Outcome({ verification }) {
  const tone = TONES[verification.state] ?? "neutral";
  return html`<${Badge} tone=${tone}>${tOr(`system-audit-state-${verification.state}`, "system-audit-state-failed")}<//>`;
}

/** @param {{ verification: Verification }} props */
function Progress({ verification }) {
  const { position, upto, from_position: from } = verification;
  const words = t("system-audit-progress", { done: formatNumber(position), all: formatNumber(upto) });
  return html`<p role="status">
    <progress max=${Math.max(1, upto - from)} value=${position - from} aria-label=${words}></progress> ${words}
  </p>`;
}

/** @param {{ verification: Verification }} props */
function FaultList({ verification }) {
  const { faults, fault_count: count } = verification;
  return html`<${Notice} tone="error" live title=${t("system-audit-faults", { count })}>
    <p>${t("system-audit-faults-detail")}</p>
    <ul>
      ${faults.slice(0, SHOWN_FAULTS).map(
        (fault, index) => html`<li key=${index}>
          ${fault.where || (fault.position ? `${t("system-position")} ${formatNumber(fault.position)}` : t("system-audit-unsealed"))}:
          ${" "}${tOr(`system-fault-${fault.kind}`, "system-fault-changed")}
        </li>`,
      )}
    </ul>
  <//>`;
}
