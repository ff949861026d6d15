// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, TextField, toast } from "/kit/kit.js";
import { post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { attempt } from "/web/refusals.js";
import { may } from "/web/session.js";

/**
 * The item is back. Taking it in by mistake is mended by lending it again.
 * @param {string} loan
 * @param {string} item its name
 */
export async function returnItem(loan, item) {
  await attempt(() => post(`loans/${loan}/return`), t("loans-taken-in", { item }));
}

/**
 * Return or cancel one loan.
 *
 * @param {object} props
 * @param {import("./words.js").Loan} props.loan
 * @param {() => void} props.onDone
 */
export function LoanActions({ loan, onDone }) {
  const busy = useSignal(false);
  const cancelling = useSignal(false);
  if (!may("loans.lend") || loan.state === "cancelled") return null;
  const giveBack = async () => {
    busy.value = true;
    await returnItem(loan.id, loan.item_name);
    busy.value = false;
    onDone();
  };
  return html`<span class="row">
    ${loan.state === "open" && html`<${Button} small icon="in" busy=${busy.value} onClick=${() => void giveBack()}>${t("loans-return")}<//>`}
    <${Button} small kind="quiet" onClick=${() => (cancelling.value = true)}>${t("loans-cancel")}<//>
    ${cancelling.value && html`<${CancelForm} loan=${loan} onClose=${() => (cancelling.value = false)} onDone=${onDone} />`}
  </span>`;
}

/** @param {{ loan: import("./words.js").Loan, onClose: () => void, onDone: () => void }} props */
function CancelForm({ loan, onClose, onDone }) {
  const form = useForm({ reason: "" });
  const reason = form.field("reason");
  const save = async () => {
    const saved = await form.submit(() => post(`loans/${loan.id}/cancel`, { reason: reason.value.trim() }));
    if (!saved) return;
    toast(t("loans-cancelled", { item: loan.item_name }), { tone: "undone" });
    onDone();
    onClose();
  };
  return html`<${FormDialog}
    title=${t("loans-cancel-title")}
    submit=${t("loans-cancel")}
    form=${form}
    danger
    disabled=${reason.value.trim() === ""}
    onSubmit=${save}
    onClose=${onClose}
  >
    <p>${t("loans-cancel-detail", { item: loan.item_name, name: loan.person_name })}</p>
    <${TextField} ...${reason} label=${t("loans-cancel-reason")} placeholder=${t("loans-cancel-reason-example")} required maxLength=${200} autofocus />
  <//>`;
}
