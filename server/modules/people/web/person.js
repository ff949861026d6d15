// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Badge, Button, Card, EmptyState, Spinner } from "/kit/kit.js";
import { LoanHistory } from "/modules/loans/loan_history.js";
import { Facts } from "/web/facts.js";
import { useOne } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { href } from "/web/router.js";
import { may } from "/web/session.js";
import { Trouble } from "/web/trouble.js";
import { When } from "/web/when.js";
import { CardActions } from "./card_actions.js";
import { CardForm } from "./card_form.js";
import { PersonForm } from "./person_form.js";
import { PrivacyCard } from "./privacy_card.js";
import { CardState, PersonState, technologyName, Uid } from "./words.js";

/**
 * One person: data, cards, what they have and had.
 * @param {{ id: string }} props
 */
export function PersonPage({ id }) {
  /** @type {import("/web/loading.js").OneState<import("./words.js").Person>} */
  const one = useOne(`people/${id}`, ["people"]);
  const dialog = useSignal(/** @type {"" | "edit" | "card"} */ (""));
  const close = () => (dialog.value = "");
  const back = { href: href(["people"]), words: t("people-people") };
  const person = one.value;
  if (!person) {
    return html`<${PageHead} title=${t("people-person")} back=${back} />
      ${one.error ? html`<${Trouble} error=${one.error} onRetry=${one.reload} />` : html`<${Spinner} />`}`;
  }
  const write = may("people.write") && !person.erased;
  return html`
    <${PageHead}
      title=${person.name}
      lead=${person.reading}
      back=${back}
      actions=${write && html`<${Button} icon="edit" onClick=${() => (dialog.value = "edit")}>${t("web-edit")}<//>`}
    >${person.erased ? html`<${Badge} tone="neutral">${t("people-erased")}<//>` : html`<${PersonState} status=${person.status} />`}<//>
    <div class="columns">
      <${Card} title=${t("web-facts")}>
        <${Facts}
          rows=${[
            [t("people-code"), html`<span class="g-code">${person.code}</span>`],
            [t("people-department"), person.department],
            [t("people-section"), person.section],
            [t("people-notes"), person.notes && html`<span class="prose">${person.notes}</span>`],
            [t("web-updated"), html`<${When} at=${person.updated_at} style="dateTime" />`],
          ]}
        />
      <//>
      <${Card}
        title=${t("people-cards")}
        actions=${write && html`<${Button} small icon="plus" onClick=${() => (dialog.value = "card")}>${t("people-card-add")}<//>`}
      >
        ${
          person.cards.length === 0
            ? html`<${EmptyState} title=${t("people-card-none")} icon="card">${t("people-card-none-detail")}<//>`
            : html`<ul class="rows">
                ${person.cards.map(
                  (card) => html`<li key=${card.uid}>
                    <div><${Uid} uid=${card.uid} /><p class="muted">${technologyName(card.technology)}</p></div>
                    <${CardState} blocked=${card.blocked} />
                    ${write && html`<${CardActions} card=${card} holder=${person.name} onDone=${one.reload} />`}
                  </li>`,
                )}
              </ul>`
        }
      <//>
    </div>
    <${LoanHistory} person=${person.id} />
    ${may("people.privacy") && html`<${PrivacyCard} person=${person} onErased=${one.reload} />`}
    ${dialog.value === "edit" && html`<${PersonForm} person=${person} onClose=${close} onSaved=${one.reload} />`}
    ${dialog.value === "card" && html`<${CardForm} owner=${{ person: person.id }} name=${person.name} onClose=${close} onSaved=${one.reload} />`}
  `;
}
