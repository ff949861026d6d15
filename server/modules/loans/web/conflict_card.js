// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t, tOr } from "/kit/i18n.js";
import { Badge, Button, Card, TextField, toast } from "/kit/kit.js";
import { post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { href } from "/web/router.js";
import { may } from "/web/session.js";
import { When } from "/web/when.js";
import { choicesFor } from "./conflict_choices.js";
import { LoanState } from "./words.js";

/**
 * One contradiction: what was recorded, in time order, and what can be done about it.
 *
 * @param {object} props
 * @param {import("./words.js").Conflict} props.conflict
 * @param {() => void} props.onDone
 */
export function ConflictCard({ conflict, onDone }) {
  const open = conflict.state === "open";
  const names = { item: conflict.item_name, person: conflict.person_name ?? t("loans-somebody") };
  const choice = useSignal(/** @type {import("./conflict_choices.js").Choice | null} */ (null));
  return html`<${Card}
    tone=${open ? "ask" : undefined}
    title=${tOr(`loans-conflict-${conflict.kind}`, "loans-conflict-other", names)}
    actions=${html`<${Badge} tone=${open ? "ask" : "returned"}>${t(`loans-conflict-state-${conflict.state}`)}<//>`}
  >
    <p class="conflict-what">${tOr(`loans-conflict-${conflict.kind}-detail`, "loans-conflict-other-detail", names)}</p>
    ${
      conflict.detail &&
      html`<p class="conflict-what">${tOr(`loans-conflict-because-${conflict.detail}`, "loans-conflict-because-other", { code: conflict.detail })}</p>`
    }
    <p class="row muted">
      <a href=${href(["items", conflict.item])}>${conflict.item_name} <span class="g-code nowrap">${conflict.item_code}</span></a>
      <span>${t("loans-conflict-at")} <${When} at=${conflict.at} /></span>
    </p>
    <ol class="facts-line">
      ${conflict.loans.map((loan, index) => html`<${LoanFact} key=${loan.id} loan=${loan} number=${index + 1} />`)}
    </ol>
    ${
      open
        ? may("loans.settle") &&
          html`<div class="choices">
            ${choicesFor(conflict).map(
              (one) => html`<div class="choice-box" key=${one.resolution}>
                <${Button} kind=${one.resolution === "keep" || one.resolution === "noted" ? "primary" : "plain"} onClick=${() => (choice.value = one)}>${one.title}<//>
                <p class="muted">${one.effect}</p>
              </div>`,
            )}
          </div>`
        : html`<${Settled} conflict=${conflict} />`
    }
    ${choice.value && html`<${SettleForm} conflict=${conflict} choice=${choice.value} onClose=${() => (choice.value = null)} onDone=${onDone} />`}
  <//>`;
}

/** @param {{ loan: import("./words.js").Loan, number: number }} props */
function LoanFact({ loan, number }) {
  return html`<li class="fact">
    <p class="fact-head"><span class="fact-number">${number}</span><a href=${href(["people", loan.person])}>${loan.person_name}</a> <${LoanState} loan=${loan} /></p>
    <p><${When} at=${loan.borrowed_at} uncertain=${!loan.borrowed_certain} /> ${t("loans-fact-borrowed", { where: loan.lent_by ?? t("loans-by-admin") })}</p>
    ${
      loan.returned_at &&
      html`<p><${When} at=${loan.returned_at} uncertain=${!loan.returned_certain} /> ${t("loans-fact-returned", { where: loan.returned_by ?? t("loans-by-admin") })}</p>`
    }
  </li>`;
}

/** @param {{ conflict: import("./words.js").Conflict }} props */
function Settled({ conflict }) {
  return html`<p class="settled">
    <strong>${tOr(`loans-resolution-${conflict.resolution}`, "loans-resolution-other")}</strong>
    ${conflict.note && html`<span class="prose">${conflict.note}</span>`}
    <span class="muted">${conflict.settled_by} <${When} at=${conflict.settled_at} style="dateTime" /></span>
  </p>`;
}

/**
 * @param {object} props
 * @param {import("./words.js").Conflict} props.conflict
 * @param {import("./conflict_choices.js").Choice} props.choice
 * @param {() => void} props.onClose
 * @param {() => void} props.onDone
 */
function SettleForm({ conflict, choice, onClose, onDone }) {
  const form = useForm({ note: "" });
  const save = async () => {
    const saved = await form.submit(() =>
      post(`conflicts/${conflict.id}/settle`, { resolution: choice.resolution, note: form.values.value.note.trim() }),
    );
    if (!saved) return;
    toast(t("loans-conflict-settled"));
    onDone();
    onClose();
  };
  return html`<${FormDialog} title=${choice.title} submit=${choice.title} form=${form} onSubmit=${save} onClose=${onClose}>
    <p>${choice.effect}</p>
    <${TextField} ...${form.field("note")} label=${t("loans-conflict-note")} hint=${t("loans-conflict-note-hint")} rows=${3} maxLength=${2000} autofocus />
  <//>`;
}
