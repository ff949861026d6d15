// @ts-check
// The API's structs of this module, and journal entries in words.

import { has, t } from "/kit/i18n.js";

/**
 * @typedef {object} Entry
 * @property {number} position
 * @property {string} epoch
 * @property {string} id
 * @property {string} at
 * @property {string} actor
 * @property {string | null} device
 * @property {string | null} address
 * @property {string} module
 * @property {string} kind
 * @property {string} subject
 * @property {any} body
 * @property {string} hash
 */

/** @typedef {import("/web/loading.js").Page<Entry> & { names: Record<string, string> }} EntryPage */

/**
 * @typedef {object} Verification
 * @property {string} state waiting, running, sound, faulty, failed
 * @property {number} from_position
 * @property {number} position
 * @property {number} upto
 * @property {number} redacted
 * @property {number} fault_count
 * @property {{ kind: string, position: number, where: string, entry: string | null }[]} faults
 */

/**
 * @typedef {object} AuditState
 * @property {number} position
 * @property {string} public_key
 * @property {boolean} copied
 * @property {string} trouble
 * @property {{ at: string, position: number, number: number, hash: string } | null} checkpoint
 * @property {Verification | null} verification
 * @property {string | null} last_sound_at
 */

/**
 * The id within an actor such as `account:<id>`.
 * @param {string} actor
 */
export function idOf(actor) {
  return actor.slice(actor.indexOf(":") + 1);
}

/**
 * @typedef {object} Health
 * @property {string} status
 * @property {{ id: string, status: string, title: string, detail: string }[]} checks
 */

/** What the texts may ask for; a text shows nothing for what an entry does not say. */
const NOTHING = {
  code: "",
  name: "",
  holder: "",
  reason: "",
  item_code: "",
  item_name: "",
  person_name: "",
  technology: "",
  kind: "",
  subject: "",
};

/**
 * One entry as a sentence; the kind itself for a kind that is newer than this page.
 * @param {{ kind: string, subject: string, body: any }} entry
 */
export function sentence(entry) {
  const id = `event-${entry.kind.replaceAll(".", "-")}`;
  if (!has(id)) return entry.kind;
  /** @type {Record<string, string | number>} */
  const told = {};
  for (const [name, value] of Object.entries(entry.body ?? {})) {
    if (typeof value === "string" || typeof value === "number") told[name] = value;
  }
  return t(id, { ...NOTHING, subject: entry.subject, ...told });
}

/** @type {Record<string, string>} */
const ICONS = {
  "loans.lent": "out",
  "loans.returned": "in",
  "loans.undone": "undo",
  "loans.cancelled": "undo",
  "loans.card_unknown": "question",
  "loans.conflict_opened": "alert",
  "loans.conflict_settled": "check",
};

/** @type {Record<string, string>} */
const MODULE_ICONS = { loans: "tool", people: "person", accounts: "person", devices: "device", system: "disk" };

/** @param {{ kind: string, module: string }} entry */
export function iconOf(entry) {
  return ICONS[entry.kind] ?? MODULE_ICONS[entry.module] ?? "info";
}

/**
 * Where the subject of an entry has a page.
 * @param {{ kind: string, subject: string }} entry
 * @returns {string[] | null}
 */
export function pageOf(entry) {
  if (/^loans\.(item_|lent$|returned$|undone$|cancelled$)/.test(entry.kind)) return ["items", entry.subject];
  if (entry.kind.startsWith("people.person_")) return ["people", entry.subject];
  if (entry.kind.startsWith("loans.conflict_")) return ["conflicts"];
  if (entry.kind.startsWith("loans.card_unknown")) return ["unknown-cards"];
  return null;
}
