// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { href } from "/web/router.js";
import { When } from "/web/when.js";
import { LoanActions } from "./loan_actions.js";
import { Due, LoanState } from "./words.js";

/** @typedef {import("./words.js").Loan} Loan */

/** @param {Loan} loan */
export const loanKey = (loan) => loan.id;

/**
 * The columns of a list of loans.
 * @param {object} options
 * @param {() => void} options.onDone
 * @param {"item" | "person"} [options.without] what the page around it says already
 */
export function loanColumns({ onDone, without }) {
  const columns = [
    {
      key: "item",
      title: t("loans-item"),
      main: without !== "item",
      draw: (/** @type {Loan} */ loan) =>
        html`<div><a class="row-name" href=${href(["items", loan.item])}>${loan.item_name}</a> <span class="muted g-code under">${loan.item_code}</span></div>`,
    },
    {
      key: "person",
      title: t("loans-person"),
      main: without === "item",
      draw: (/** @type {Loan} */ loan) => html`<a class="row-name" href=${href(["people", loan.person])}>${loan.person_name}</a>`,
    },
    {
      key: "borrowed",
      title: t("loans-since"),
      draw: (/** @type {Loan} */ loan) =>
        html`<div><${When} at=${loan.borrowed_at} uncertain=${!loan.borrowed_certain} /> <span class="muted under">${loan.lent_by ?? t("loans-by-admin")}</span></div>`,
    },
    {
      key: "due",
      title: t("loans-due"),
      draw: (/** @type {Loan} */ loan) => html`<${Due} due=${loan.due_at} open=${loan.state === "open"} />`,
    },
    {
      key: "returned",
      title: t("loans-returned-at"),
      draw: (/** @type {Loan} */ loan) =>
        loan.returned_at &&
        html`<div><${When} at=${loan.returned_at} uncertain=${!loan.returned_certain} /> <span class="muted under">${loan.returned_by ?? t("loans-by-admin")}</span></div>`,
    },
    {
      key: "state",
      title: t("loans-state"),
      draw: (/** @type {Loan} */ loan) =>
        html`<div><${LoanState} loan=${loan} />${loan.cancel_reason && html`<span class="muted under">${reasonOf(loan.cancel_reason)}</span>`}</div>`,
    },
    { key: "do", title: "", right: true, draw: (/** @type {Loan} */ loan) => html`<${LoanActions} loan=${loan} onDone=${onDone} />` },
  ];
  return columns.filter((column) => column.key !== without);
}

/** A kiosk's undo has a code instead of words. @param {string} reason */
function reasonOf(reason) {
  return reason === "undo" ? t("loans-reason-undo") : reason;
}
