// @ts-check
import { html } from "../kit/html.js";
import { formatDate, formatNumber, t } from "../kit/i18n.js";
import { Due } from "../parts/due.js";

/**
 * What the person has now, the soonest due first.
 * @param {{loans: import("../messages.js").Loan[], nowUs: number}} props
 */
export function MyLoans({ loans, nowUs }) {
  const sorted = [...loans].sort((a, b) => (a.due_us ?? Infinity) - (b.due_us ?? Infinity));
  return html`<section class="k-column">
    <h2>${t("loans-title")} <span class="k-count">${t("items-count", { count: loans.length, shown: formatNumber(loans.length) })}</span></h2>
    ${sorted.length === 0 && html`<p class="k-none">${t("loans-none")}</p>`}
    <ul class="k-loans">
      ${sorted.map(
        (loan) => html`<li key=${loan.id}>
          <p>
            <strong>${loan.item.name}</strong>
            <span><span class="g-code">${loan.item.code}</span> ${t("loan-since", { date: formatDate(loan.since_us, "day") })}</span>
          </p>
          <${Due} dueUs=${loan.due_us} nowUs=${nowUs} />
        </li>`,
      )}
    </ul>
  </section>`;
}
