// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Card, ConfirmDialog } from "/kit/kit.js";
import { post } from "/web/api.js";
import { useList } from "/web/loading.js";
import { attempt } from "/web/refusals.js";
import { may } from "/web/session.js";
import { Ago } from "/web/when.js";

/** @typedef {import("./words.js").Waiting} Waiting */

/** @param {Waiting} waiting */
const rowKey = (waiting) => waiting.id;

/**
 * Kiosks that show a code now. The code itself is on their screens only.
 * @param {{ onEnter: () => void }} props
 */
export function Pairings({ onEnter }) {
  /** @type {import("/web/loading.js").ListState<Waiting>} */
  const list = useList("devices/pairings", {}, { topics: ["devices"], rowKey });
  const refusing = useSignal(/** @type {Waiting | null} */ (null));
  if (list.rows.length === 0) return null;
  const refuse = async () => {
    const waiting = refusing.value;
    refusing.value = null;
    if (!waiting) return;
    await attempt(() => post(`devices/pairings/${waiting.id}/refuse`), t("devices-pairing-refused"));
    void list.reload();
  };
  return html`<div class="pairings"><${Card} title=${t("devices-pairings")} tone="ask">
    <p>${t("devices-pairings-lead")}</p>
    <ul class="readers">
      ${list.rows.map(
        (waiting) => html`<li key=${waiting.id}>
          <span><strong>${waiting.hostname || t("devices-pairing-unnamed")}</strong> <span class="muted g-code">${waiting.address}</span> <${Ago} at=${waiting.since} /></span>
          ${
            may("devices.write") &&
            html`<span class="card-foot">
              <${Button} small kind="primary" icon="plus" onClick=${onEnter}>${t("devices-pairing-enter")}<//>
              <${Button} small kind="quiet" icon="stop" onClick=${() => (refusing.value = waiting)}>${t("devices-pairing-refuse")}<//>
            </span>`
          }
        </li>`,
      )}
    </ul>
    ${
      refusing.value &&
      html`<${ConfirmDialog}
        title=${t("devices-pairing-refuse-title", { name: refusing.value.hostname || refusing.value.address })}
        confirm=${t("devices-pairing-refuse")}
        danger
        onClose=${() => (refusing.value = null)}
        onConfirm=${() => void refuse()}
      >
        <p>${t("devices-pairing-refuse-detail")}</p>
      <//>`
    }
  <//></div>`;
}
