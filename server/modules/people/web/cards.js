// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, EmptyState, Icon } from "/kit/kit.js";
import { ChoiceFilter, Filters, SearchFilter } from "/web/filters.js";
import { ListView } from "/web/list_view.js";
import { useList } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { href, place } from "/web/router.js";
import { may } from "/web/session.js";
import { When } from "/web/when.js";
import { CardActions } from "./card_actions.js";
import { CardState, technologyName, Uid } from "./words.js";

/** @typedef {import("./words.js").Card} Card */

/** @param {Card} card */
const rowKey = (card) => card.uid;

/** All registered cards, of persons and of items. */
export function CardsPage() {
  const { search = "", kind = "", blocked = "" } = place.value.query;
  const list = useList("cards", { search, kind, blocked }, { topics: ["people", "loans"], rowKey });
  return html`
    <${PageHead} title=${t("people-cards")} lead=${t("people-cards-lead")} />
    <${Filters}>
      <${SearchFilter} label=${t("people-cards-search")} />
      <${ChoiceFilter}
        label=${t("people-card-kind")}
        name="kind"
        options=${[
          { value: "", label: t("web-all") },
          { value: "person", label: t("people-card-kind-person") },
          { value: "item", label: t("people-card-kind-item") },
        ]}
      />
      <${ChoiceFilter}
        label=${t("people-card-state")}
        name="blocked"
        options=${[
          { value: "", label: t("web-all") },
          { value: "false", label: t("people-card-usable") },
          { value: "true", label: t("people-card-blocked") },
        ]}
      />
    <//>
    <${ListView}
      list=${list}
      rowKey=${rowKey}
      caption=${t("people-cards")}
      empty=${html`<${EmptyState}
        title=${t("people-cards-none")}
        icon="card"
        actions=${html`<${Button} href=${href(["unknown-cards"])}>${t("people-cards-to-unknown")}<//>`}
      >${t("people-cards-none-detail")}<//>`}
      columns=${[
        {
          key: "holder",
          title: t("people-card-holder"),
          main: true,
          draw: (/** @type {Card} */ card) =>
            html`<a class="row-name" href=${href([card.kind === "person" ? "people" : "items", card.holder_id])}>
              <${Icon} name=${card.kind === "person" ? "person" : "tool"} label=${t(`people-card-kind-${card.kind}`)} />
              <span>${card.holder_name} <span class="muted g-code nowrap">${card.holder_code}</span></span>
            </a>`,
        },
        { key: "uid", title: t("people-card-uid"), draw: (/** @type {Card} */ card) => html`<${Uid} uid=${card.uid} />` },
        { key: "technology", title: t("people-card-technology"), draw: (/** @type {Card} */ card) => technologyName(card.technology) },
        { key: "registered", title: t("people-card-registered-at"), draw: (/** @type {Card} */ card) => html`<${When} at=${card.registered_at} style="date" />` },
        {
          key: "state",
          title: t("people-card-state"),
          draw: (/** @type {Card} */ card) =>
            html`<div><${CardState} blocked=${card.blocked} />${card.block_reason && html`<span class="muted under">${card.block_reason}</span>`}</div>`,
        },
        {
          key: "do",
          title: "",
          right: true,
          draw: (/** @type {Card} */ card) =>
            may("people.write") && html`<${CardActions} card=${card} holder=${card.holder_name} onDone=${list.reload} />`,
        },
      ]}
    />
  `;
}
