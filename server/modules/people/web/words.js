// @ts-check
// The API's structs of this module, and how their states are shown.

import { html } from "/kit/html.js";
import { t, tOr } from "/kit/i18n.js";
import { Badge } from "/kit/kit.js";

/**
 * @typedef {object} OwnCard
 * @property {string} uid
 * @property {string} technology
 * @property {boolean} blocked
 */

/**
 * @typedef {object} Person
 * @property {string} id
 * @property {string} code
 * @property {string} name
 * @property {string} reading
 * @property {string} department
 * @property {string} section
 * @property {string} status
 * @property {string} notes
 * @property {OwnCard[]} cards
 * @property {number} version
 * @property {string} created_at
 * @property {string} updated_at
 * @property {boolean} erased the row stands for somebody who was forgotten
 */

/**
 * @typedef {object} Card
 * @property {string} uid
 * @property {string} technology
 * @property {"person" | "item"} kind
 * @property {boolean} blocked
 * @property {string | null} blocked_at
 * @property {string} block_reason
 * @property {string} registered_at
 * @property {string} holder_id
 * @property {string} holder_code
 * @property {string} holder_name
 */

export const PERSON_STATES = ["active", "suspended", "left"];
export const TECHNOLOGIES = ["unknown", "iso14443a", "felica", "iso15693", "barcode"];

/** @type {Record<string, import("/kit/components/tone.js").ToneName>} */
const TONES = { active: "returned", suspended: "ask", left: "neutral" };

/** @param {{ status: string }} props */
export function PersonState({ status }) {
  return html`<${Badge} tone=${TONES[status] ?? "neutral"}>${tOr(`people-status-${status}`, "people-status-unknown")}<//>`;
}

/** @param {string} technology */
export function technologyName(technology) {
  return tOr(`people-technology-${technology}`, "people-technology-unknown");
}

/**
 * A UID in groups of two bytes, as one reads it aloud.
 * @param {string} uid
 */
export function spaced(uid) {
  return uid.replace(/(.{4})(?=.)/g, "$1 ");
}

/** @param {{ uid: string }} props */
export function Uid({ uid }) {
  return html`<span class="g-code uid">${spaced(uid)}</span>`;
}

/** @param {{ blocked: boolean }} props */
export function CardState({ blocked }) {
  return blocked
    ? html`<${Badge} tone="error" icon="lock">${t("people-card-blocked")}<//>`
    : html`<${Badge} tone="returned">${t("people-card-usable")}<//>`;
}

/** @param {Person} person */
export function describePerson(person) {
  return { title: person.name, detail: [person.code, person.department, person.section].filter(Boolean).join(" · ") };
}
