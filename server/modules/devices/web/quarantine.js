// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t, tOr } from "/kit/i18n.js";
import { Button, ConfirmDialog, Pager, Table } from "/kit/kit.js";
import { post } from "/web/api.js";
import { useList } from "/web/loading.js";
import { attempt } from "/web/refusals.js";
import { may } from "/web/session.js";
import { Trouble } from "/web/trouble.js";
import { When } from "/web/when.js";

/** @typedef {import("./words.js").Quarantined} Quarantined */

/** @param {Quarantined} row */
const rowKey = (row) => row.id;

/** Rows that the server could not make sense of: kept until somebody retries or discards them. */
export function Quarantine() {
  /** @type {import("/web/loading.js").ListState<Quarantined>} */
  const list = useList("devices/quarantine", { state: "waiting" }, { topics: ["devices"], rowKey });
  const discarding = useSignal(/** @type {Quarantined | null} */ (null));
  const busy = useSignal("");
  /** @param {Quarantined} row @param {"retry" | "discard"} verb @param {string} done */
  const act = async (row, verb, done) => {
    busy.value = row.id;
    await attempt(() => post(`devices/quarantine/${row.id}/${verb}`), done);
    busy.value = "";
    discarding.value = null;
    await list.reload();
  };
  if (list.error) return html`<${Trouble} error=${list.error} onRetry=${list.reload} />`;
  if (list.rows.length === 0) return null;
  const chosen = discarding.value;
  return html`<section class="section">
    <h2>${t("devices-quarantine")}</h2>
    <p class="muted">${t("devices-quarantine-lead")}</p>
    <${Table}
      caption=${t("devices-quarantine")}
      rows=${list.rows}
      rowKey=${rowKey}
      changed=${list.changed}
      columns=${[
        { key: "at", title: t("devices-received"), main: true, draw: (/** @type {Quarantined} */ row) => html`<${When} at=${row.received_at} style="dateTime" />` },
        { key: "agent", title: t("devices-agent"), draw: (/** @type {Quarantined} */ row) => row.agent_name },
        {
          key: "reason",
          title: t("devices-reason"),
          draw: (/** @type {Quarantined} */ row) => tOr(`devices-reason-${row.reason}`, "devices-reason-other", { code: row.reason }),
        },
        {
          key: "raw",
          title: t("devices-raw"),
          draw: (/** @type {Quarantined} */ row) =>
            html`<details><summary>${t("devices-raw-show")}</summary><pre class="g-code raw">${row.raw}</pre></details>`,
        },
        {
          key: "do",
          title: "",
          right: true,
          draw: (/** @type {Quarantined} */ row) =>
            may("devices.write") &&
            html`<span class="row">
              <${Button} small icon="refresh" busy=${busy.value === row.id} onClick=${() => void act(row, "retry", t("devices-retried"))}>${t("devices-retry")}<//>
              <${Button} small kind="quiet" icon="trash" onClick=${() => (discarding.value = row)}>${t("devices-discard")}<//>
            </span>`,
        },
      ]}
    />
    ${(list.next || list.previous) && html`<${Pager} shown=${list.rows.length} total=${list.total} onNext=${list.next} onPrevious=${list.previous} />`}
    ${
      chosen &&
      html`<${ConfirmDialog}
        title=${t("devices-discard-title")}
        confirm=${t("devices-discard")}
        danger
        busy=${busy.value === chosen.id}
        onClose=${() => (discarding.value = null)}
        onConfirm=${() => void act(chosen, "discard", t("devices-discarded"))}
      ><p>${t("devices-discard-detail")}</p><//>`
    }
  </section>`;
}
