// @ts-check
import { html, useSignal } from "/kit/html.js";
import { formatNumber, t, tOr } from "/kit/i18n.js";
import { Badge, Button, EmptyState } from "/kit/kit.js";
import { technologyName, Uid } from "/modules/people/words.js";
import { post } from "/web/api.js";
import { ChoiceFilter, Filters } from "/web/filters.js";
import { ListView } from "/web/list_view.js";
import { useList } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { attempt } from "/web/refusals.js";
import { place } from "/web/router.js";
import { may } from "/web/session.js";
import { Ago } from "/web/when.js";
import { RegisterForm } from "./register_form.js";

/** @typedef {import("./words.js").UnknownCard} UnknownCard */

/** @type {Record<string, import("./words.js").Tone>} */
const TONES = { open: "ask", registered: "returned", dismissed: "neutral" };

/** @param {UnknownCard} card */
const rowKey = (card) => card.uid;

/** Cards that were presented at a kiosk and belong to nobody yet. */
export function UnknownCardsPage() {
  const state = place.value.query.state ?? "open";
  const list = useList("unknown-cards", { state: state === "all" ? "" : state }, { topics: ["loans", "people"], rowKey });
  const chosen = useSignal(/** @type {UnknownCard | null} */ (null));
  /** @param {UnknownCard} card */
  const dismiss = async (card) => {
    await attempt(() => post(`unknown-cards/${card.uid}/dismiss`), t("loans-unknown-dismissed"));
    await list.reload();
  };
  return html`
    <${PageHead} title=${t("loans-unknown")} lead=${t("loans-unknown-lead")} />
    <${Filters}>
      <${ChoiceFilter}
        label=${t("loans-unknown-state")}
        name="state"
        options=${[
          { value: "", label: t("loans-unknown-state-open") },
          { value: "registered", label: t("loans-unknown-state-registered") },
          { value: "dismissed", label: t("loans-unknown-state-dismissed") },
          { value: "all", label: t("web-all") },
        ]}
      />
    <//>
    <${ListView}
      list=${list}
      rowKey=${rowKey}
      caption=${t("loans-unknown")}
      empty=${html`<${EmptyState} title=${t("loans-unknown-none")} icon="check">${t("loans-unknown-none-detail")}<//>`}
      columns=${[
        {
          key: "uid",
          title: t("people-card-uid"),
          main: true,
          draw: (/** @type {UnknownCard} */ card) => html`<div><${Uid} uid=${card.uid} /><span class="muted under">${technologyName(card.technology)}</span></div>`,
        },
        {
          key: "where",
          title: t("loans-unknown-where"),
          draw: (/** @type {UnknownCard} */ card) => card.agent_name ?? "—",
        },
        { key: "last", title: t("loans-unknown-last"), draw: (/** @type {UnknownCard} */ card) => html`<${Ago} at=${card.last_seen} />` },
        { key: "times", title: t("loans-unknown-times"), right: true, draw: (/** @type {UnknownCard} */ card) => formatNumber(card.times) },
        {
          key: "state",
          title: t("loans-unknown-state"),
          draw: (/** @type {UnknownCard} */ card) =>
            card.problem
              ? html`<div><${Badge} tone="error" icon="stop">${t("loans-unknown-impossible")}<//><p class="muted why">${tOr(`loans-card-${card.problem}`, "loans-card-problem")}</p></div>`
              : html`<${Badge} tone=${TONES[card.state]}>${t(`loans-unknown-state-${card.state}`)}<//>`,
        },
        {
          key: "do",
          title: "",
          right: true,
          draw: (/** @type {UnknownCard} */ card) =>
            card.state !== "registered" &&
            may("loans.write") &&
            html`<span class="row">
              ${!card.problem && html`<${Button} small kind="primary" onClick=${() => (chosen.value = card)}>${t("loans-unknown-register")}<//>`}
              ${card.state === "open" && html`<${Button} small kind="quiet" onClick=${() => void dismiss(card)}>${t("loans-unknown-dismiss")}<//>`}
            </span>`,
        },
      ]}
    />
    ${chosen.value && html`<${RegisterForm} card=${chosen.value} onClose=${() => (chosen.value = null)} onSaved=${list.reload} />`}
  `;
}
