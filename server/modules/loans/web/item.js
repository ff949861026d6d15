// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Card, EmptyState, Notice, Spinner } from "/kit/kit.js";
import { CardActions } from "/modules/people/card_actions.js";
import { CardForm } from "/modules/people/card_form.js";
import { CardState, technologyName, Uid } from "/modules/people/words.js";
import { Facts } from "/web/facts.js";
import { useOne } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { href } from "/web/router.js";
import { may } from "/web/session.js";
import { Trouble } from "/web/trouble.js";
import { When } from "/web/when.js";
import { ItemForm } from "./item_form.js";
import { LendForm } from "./lend_form.js";
import { LoanHistory } from "./loan_history.js";
import { returnItem } from "./loan_actions.js";
import { Due, ItemState } from "./words.js";

/** @typedef {import("./words.js").Item} Item */

/**
 * One item: data, tags, who has it and who had it.
 * @param {{ id: string }} props
 */
export function ItemPage({ id }) {
  /** @type {import("/web/loading.js").OneState<Item>} */
  const one = useOne(`items/${id}`, ["loans", "people"]);
  const dialog = useSignal(/** @type {"" | "edit" | "tag" | "lend"} */ (""));
  const close = () => (dialog.value = "");
  const back = { href: href(["items"]), words: t("loans-items") };
  const item = one.value;
  if (!item) {
    return html`<${PageHead} title=${t("loans-item")} back=${back} />
      ${one.error ? html`<${Trouble} error=${one.error} onRetry=${one.reload} />` : html`<${Spinner} />`}`;
  }
  const write = may("loans.write");
  const lend = may("loans.lend");
  return html`
    <${PageHead}
      title=${item.name}
      lead=${[item.code, item.category_name].filter(Boolean).join(" · ")}
      back=${back}
      actions=${
        html`${write && html`<${Button} icon="edit" onClick=${() => (dialog.value = "edit")}>${t("web-edit")}<//>`}
          ${lend && !item.loan && html`<${Button} kind="primary" icon="out" onClick=${() => (dialog.value = "lend")}>${t("loans-lend")}<//>`}`
      }
    ><${ItemState} item=${item} /><//>
    ${item.loan && html`<${Holder} loan=${item.loan} item=${item} lend=${lend} onDone=${one.reload} />`}
    <div class="columns">
      <${Card} title=${t("web-facts")}>
        <${Facts}
          rows=${[
            [t("loans-item-code"), html`<span class="g-code">${item.code}</span>`],
            [t("loans-category"), item.category_name],
            [t("loans-place"), item.place],
            [t("loans-item-status"), t(`loans-item-status-${item.status}`)],
            [t("loans-notes"), item.notes && html`<span class="prose">${item.notes}</span>`],
            [t("web-updated"), html`<${When} at=${item.updated_at} style="dateTime" />`],
          ]}
        />
      <//>
      <${Card}
        title=${t("loans-tags")}
        actions=${may("people.write") && html`<${Button} small icon="plus" onClick=${() => (dialog.value = "tag")}>${t("loans-tag-add")}<//>`}
      >
        ${
          item.tags.length === 0
            ? html`<${EmptyState} title=${t("loans-tags-none")} icon="tag">${t("loans-tags-none-detail")}<//>`
            : html`<ul class="rows">
                ${item.tags.map(
                  (tag) => html`<li key=${tag.uid}>
                    <div><${Uid} uid=${tag.uid} /><p class="muted">${technologyName(tag.technology)}</p></div>
                    <${CardState} blocked=${tag.blocked} />
                    ${may("people.write") && html`<${CardActions} card=${tag} holder=${item.name} onDone=${one.reload} />`}
                  </li>`,
                )}
              </ul>`
        }
      <//>
    </div>
    <${LoanHistory} item=${item.id} />
    ${dialog.value === "edit" && html`<${ItemForm} item=${item} onClose=${close} onSaved=${one.reload} />`}
    ${dialog.value === "tag" && html`<${CardForm} owner=${{ item: item.id }} name=${item.name} onClose=${close} onSaved=${one.reload} />`}
    ${dialog.value === "lend" && html`<${LendForm} item=${item} onClose=${close} onSaved=${one.reload} />`}
  `;
}

/**
 * Who has the item now.
 * @param {{ loan: import("./words.js").ItemLoan, item: Item, lend: boolean, onDone: () => void }} props
 */
function Holder({ loan, item, lend, onDone }) {
  return html`<${Notice}
    tone=${loan.overdue ? "error" : "borrowed"}
    icon=${loan.overdue ? "clock" : "out"}
    title=${t("loans-with", { name: loan.person_name })}
    actions=${
      lend && html`<${Button} icon="in" onClick=${() => void returnItem(loan.id, item.name).then(onDone)}>${t("loans-return")}<//>`
    }
  >
    <p class="row">
      <a href=${href(["people", loan.person])}>${t("loans-to-person")}</a>
      <span>${t("loans-since")} <${When} at=${loan.since} /></span>
      <span>${t("loans-due")} <${Due} due=${loan.due} open /></span>
    </p>
  <//>`;
}
