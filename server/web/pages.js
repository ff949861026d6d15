// @ts-check
// The table of contents: which address shows which page, and what the navigation lists.

import { AccountPage } from "/modules/accounts/account.js";
import { AccountsPage } from "/modules/accounts/accounts.js";
import { ClientPage } from "/modules/accounts/client.js";
import { ClientsPage } from "/modules/accounts/clients.js";
import { MePage } from "/modules/accounts/me.js";
import { RolesPage } from "/modules/accounts/roles.js";
import { TokensPage } from "/modules/accounts/tokens.js";
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
import { may } from "/web/session.js";

/**
 * @typedef {object} PageEntry
 * @property {string} path first part of the address; "" is the start
 * @property {string} title id of its text
 * @property {string} icon
 * @property {any} page
 * @property {string} [needs] permission without which it is not shown
 * @property {any} [one] page of one of them, given `id`
 * @property {"unknown_cards" | "conflicts" | "overdue"} [count] number beside it, from the summary
 */

/** @type {readonly { title: string, pages: readonly PageEntry[] }[]} */
export const GROUPS = [
  {
    title: "web-nav-today",
    pages: [
      { path: "", needs: "loans.read", title: "loans-dashboard", icon: "home", page: DashboardPage },
      { path: "loans", needs: "loans.read", title: "loans-loans", icon: "out", page: LoansPage },
      {
        path: "unknown-cards",
        needs: "loans.read",
        title: "loans-unknown",
        icon: "question",
        page: UnknownCardsPage,
        count: "unknown_cards",
      },
      {
        path: "conflicts",
        needs: "loans.read",
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
      { path: "items", needs: "loans.read", title: "loans-items", icon: "tool", page: ItemsPage, one: ItemPage },
      { path: "categories", needs: "loans.read", title: "loans-categories", icon: "tag", page: CategoriesPage },
      { path: "people", needs: "people.read", title: "people-people", icon: "people", page: PeoplePage, one: PersonPage },
      { path: "cards", needs: "people.read", title: "people-cards", icon: "card", page: CardsPage },
    ],
  },
  {
    title: "web-nav-site",
    pages: [
      { path: "agents", needs: "devices.read", title: "devices-agents", icon: "device", page: AgentsPage },
      { path: "journal", needs: "audit.read", title: "system-journal", icon: "list", page: JournalPage },
      { path: "accounts", needs: "accounts.read", title: "accounts-accounts", icon: "person", page: AccountsPage, one: AccountPage },
      { path: "clients", needs: "accounts.read", title: "accounts-clients", icon: "link", page: ClientsPage, one: ClientPage },
      { path: "roles", needs: "accounts.read", title: "accounts-roles", icon: "lock", page: RolesPage },
      { path: "tokens", needs: "accounts.write", title: "accounts-tokens", icon: "key", page: TokensPage },
      { path: "health", needs: "system.read", title: "system-health", icon: "chart", page: HealthPage },
    ],
  },
];

/** Reached from the foot of the navigation. @type {PageEntry} */
export const ME = { path: "me", title: "accounts-me", icon: "person", page: MePage };

export const PAGES = [...GROUPS.flatMap((group) => group.pages), ME];

/** @param {PageEntry} entry */
export function mayOpen(entry) {
  return entry.needs === undefined || may(entry.needs);
}

/**
 * @param {string} path
 * @returns {PageEntry | undefined}
 */
export function pageAt(path) {
  return PAGES.find((entry) => entry.path === path);
}
