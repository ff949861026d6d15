// @ts-check
// The API's structs of this module, and how their states are shown.

import { html } from "/kit/html.js";
import { daysUntil, language, t, tOr } from "/kit/i18n.js";
import { Badge } from "/kit/kit.js";
import { When } from "/web/when.js";

/**
 * @typedef {object} ItemLoan
 * @property {string} id
 * @property {string} person
 * @property {string} person_code
 * @property {string} person_name
 * @property {string} since
 * @property {string | null} due
 * @property {boolean} overdue
 */

/**
 * @typedef {object} Item
 * @property {string} id
 * @property {string} code
 * @property {string} name
 * @property {string | null} category
 * @property {string} category_name
 * @property {string} place
 * @property {string} status
 * @property {string} notes
 * @property {import("/modules/people/words.js").OwnCard[]} tags
 * @property {ItemLoan | null} loan
 * @property {number} version
 * @property {string} updated_at
 */

/**
 * @typedef {object} Category
 * @property {string} id
 * @property {string} name
 * @property {string} name_en
 * @property {number | null} loan_days
 * @property {number} version
 * @property {number} items
 */

/**
 * @typedef {object} Loan
 * @property {string} id
 * @property {string} item
 * @property {string} item_code
 * @property {string} item_name
 * @property {string} person
 * @property {string} person_code
 * @property {string} person_name
 * @property {"open" | "returned" | "cancelled" | "superseded"} state
 * @property {string} borrowed_at
 * @property {boolean} borrowed_certain
 * @property {string | null} due_at
 * @property {string | null} returned_at
 * @property {boolean} returned_certain
 * @property {string | null} lent_by
 * @property {string | null} returned_by
 * @property {string} cancel_reason
 * @property {boolean} overdue
 */

/**
 * @typedef {object} UnknownCard
 * @property {string} uid
 * @property {string} technology
 * @property {string | null} problem
 * @property {string} first_seen
 * @property {string} last_seen
 * @property {number} times
 * @property {string | null} agent_name
 * @property {"open" | "registered" | "dismissed"} state
 */

/**
 * @typedef {object} Conflict
 * @property {string} id
 * @property {string} kind
 * @property {string} item
 * @property {string} item_code
 * @property {string} item_name
 * @property {string | null} person
 * @property {string | null} person_name
 * @property {string} fact
 * @property {string} detail
 * @property {string} at
 * @property {string} opened_at
 * @property {"open" | "settled"} state
 * @property {string} resolution
 * @property {string} note
 * @property {string} settled_by
 * @property {string | null} settled_at
 * @property {Loan[]} loans
 */

/**
 * @typedef {object} Summary
 * @property {number} out
 * @property {number} overdue
 * @property {number} items
 * @property {number} people
 * @property {number} unknown_cards
 * @property {number} conflicts
 * @property {number} borrowed_today
 * @property {number} returned_today
 * @property {{ name: string, count: number }[]} out_by_category
 * @property {{ day: string, count: number }[]} busiest_days
 */

export const ITEM_STATES = ["available", "maintenance", "lost", "retired"];
export const LOAN_STATES = /** @type {const} */ (["open", "returned", "cancelled", "superseded"]);

/** @typedef {import("/kit/components/tone.js").ToneName} Tone */

/** @type {Record<string, Tone>} */
const ITEM_TONES = { available: "returned", maintenance: "ask", lost: "error", retired: "neutral" };

/** @type {Record<string, Tone>} */
const LOAN_TONES = { open: "borrowed", returned: "returned", cancelled: "undone", superseded: "undone" };

/**
 * Where an item is: out, or what the register says.
 * @param {{ item: Item }} props
 */
export function ItemState({ item }) {
  if (item.loan?.overdue) return html`<${Badge} tone="error" icon="clock">${t("loans-overdue")}<//>`;
  if (item.loan) return html`<${Badge} tone="borrowed" icon="out">${t("loans-out")}<//>`;
  return html`<${Badge} tone=${ITEM_TONES[item.status] ?? "neutral"}>${tOr(`loans-item-status-${item.status}`, "loans-status-unknown")}<//>`;
}

/** @param {{ loan: Loan }} props */
export function LoanState({ loan }) {
  if (loan.overdue) return html`<${Badge} tone="error" icon="clock">${t("loans-overdue")}<//>`;
  return html`<${Badge} tone=${LOAN_TONES[loan.state] ?? "neutral"}>${tOr(`loans-state-${loan.state}`, "loans-status-unknown")}<//>`;
}

/**
 * When it is due, and how many days from today that is.
 * @param {{ due: string | null, open: boolean }} props
 */
export function Due({ due, open }) {
  if (!due) return html`<span class="muted">${t("loans-no-due")}</span>`;
  const days = daysUntil(due);
  const words =
    days < 0 ? t("loans-due-late", { days: -days }) : days === 0 ? t("loans-due-today") : t("loans-due-in", { days });
  return html`<span class=${open && days < 0 ? "late" : ""}><${When} at=${due} style="day" />${open && html` <span class="due-in">${words}</span>`}</span>`;
}

/** @param {Item} item */
export function describeItem(item) {
  const where = item.loan ? t("loans-with", { name: item.loan.person_name }) : item.place;
  return { title: item.name, detail: [item.code, item.category_name, where].filter(Boolean).join(" · ") };
}

/** @param {Category} category */
export function categoryName(category) {
  return language.value !== "ja" && category.name_en ? category.name_en : category.name;
}
