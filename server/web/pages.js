// @ts-check
// The table of contents: which address shows which page, and what the navigation lists.

import { AgentsPage } from "/modules/devices/agents.js";
import { CategoriesPage } from "/modules/loans/categories.js";
import { ConflictsPage } from "/modules/loans/conflicts.js";
import { DashboardPage } from "/modules/loans/dashboard.js";
import { ItemPage } from "/modules/loans/item.js";
import { ItemsPage } from "/modules/loans/items.js";
import { LoansPage } from "/modules/loans/loans.js";
import { UnknownCardsPage } from "/modules/loans/unknown_cards.js";
import { CardsPage } from "/modules/people/cards.js";
import { PeoplePage } from "/modules/people/people.js";
import { PersonPage } from "/modules/people/person.js";
import { HealthPage } from "/modules/system/health.js";
import { JournalPage } from "/modules/system/journal.js";

/**
 * @typedef {object} PageEntry
 * @property {string} path first part of the address; "" is the start
 * @property {string} title id of its text
 * @property {string} icon
 * @property {any} page
 * @property {any} [one] page of one of them, given `id`
 * @property {"unknown_cards" | "conflicts" | "overdue"} [count] number beside it, from the summary
 */

/** @type {readonly { title: string, pages: readonly PageEntry[] }[]} */
export const GROUPS = [
  {
    title: "web-nav-today",
    pages: [
      { path: "", title: "loans-dashboard", icon: "home", page: DashboardPage },
      { path: "loans", title: "loans-loans", icon: "out", page: LoansPage },
      {
        path: "unknown-cards",
        title: "loans-unknown",
        icon: "question",
        page: UnknownCardsPage,
        count: "unknown_cards",
      },
      {
        path: "conflicts",
        title: "loans-conflicts",
        icon: "alert",
        page: ConflictsPage,
        count: "conflicts",
      },
    ],
  },
  {
    title: "web-nav-registers",
    pages: [
      { path: "items", title: "loans-items", icon: "tool", page: ItemsPage, one: ItemPage },
      { path: "categories", title: "loans-categories", icon: "tag", page: CategoriesPage },
      { path: "people", title: "people-people", icon: "people", page: PeoplePage, one: PersonPage },
      { path: "cards", title: "people-cards", icon: "card", page: CardsPage },
    ],
  },
  {
    title: "web-nav-site",
    pages: [
      { path: "agents", title: "devices-agents", icon: "device", page: AgentsPage },
      { path: "journal", title: "system-journal", icon: "list", page: JournalPage },
      { path: "health", title: "system-health", icon: "chart", page: HealthPage },
    ],
  },
];

/**
 * @param {string} path
 * @returns {PageEntry | undefined}
 */
export function pageAt(path) {
  return GROUPS.flatMap((group) => group.pages).find((entry) => entry.path === path);
}
