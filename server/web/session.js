// @ts-check
// Who is signed in. The session lives in a cookie that no script can read; a one-time link brings
// its code in the address's fragment, which browsers send to no server.

import { signal } from "/kit/html.js";
import { get, listeners, post, Refusal, remove } from "/web/api.js";
import { backToKiosk, comeFromKiosk } from "/web/kiosk.js";
import { replace } from "/web/router.js";

/**
 * @typedef {object} Site
 * @property {string} name
 * @property {string} zone IANA name
 * @property {string} language
 */

/**
 * @typedef {object} Session
 * @property {string | null} account
 * @property {string} login
 * @property {string} name
 * @property {string[]} permissions
 * @property {Site} site
 * @property {string[]} languages
 * @property {number | null} ends_in seconds from when this was said
 * @property {number | null} idle_ends_in the same, without further use
 * @property {number | null} idle_seconds
 * @property {"browser" | "kiosk" | null} kind
 * @property {"none" | "advised" | "due"} second_factor whether one should be made, or must first
 * @property {number | null} second_factor_in seconds in which one should
 */

/**
 * A one-time link that was opened: the code, and what it is for.
 * @typedef {object} Link
 * @property {"setup" | "password" | "signin" | "kiosk"} purpose
 * @property {string} code
 */

/** undefined: not known yet; null: signed out. @type {import("/vendor/signals.js").Signal<Session | null | undefined>} */
export const session = signal(undefined);

/** Whether a session ended by itself, as opposed to by the user. */
export const expired = signal(false);

/** The link that brought us here, until it is used. @type {import("/vendor/signals.js").Signal<Link | null>} */
export const link = signal(null);

/** @param {string} permission */
export function may(permission) {
  const held = session.value?.permissions ?? [];
  return held.includes("*") || held.includes(permission);
}

/** Take a link's code out of the address bar, if one is there. */
function takeLink() {
  const from = new URLSearchParams(location.hash.slice(1));
  const ticket = from.get("kiosk");
  if (ticket !== null) {
    replace([]);
    if (comeFromKiosk(from.get("back"))) link.value = { purpose: "kiosk", code: ticket };
    return;
  }
  const found = /^#(setup|password|signin)=(.+)$/.exec(location.hash);
  if (!found) return;
  replace([]);
  link.value = /** @type {Link} */ ({ purpose: found[1], code: decodeURIComponent(found[2]) });
}

listeners.unauthenticated = () => {
  if (backToKiosk()) return;
  if (session.value) expired.value = true;
  session.value = null;
};

/** Find out who is signed in; a link comes first. Throws Unreachable, or a Refusal but 401. */
export async function openSession() {
  takeLink();
  if (link.value) {
    session.value = null;
    return;
  }
  try {
    session.value = await get("session");
  } catch (error) {
    if (!(error instanceof Refusal) || error.problem.status !== 401) throw error;
    session.value = null;
  }
}

/** A link may be opened in a page that is there already: only the fragment changes then. */
addEventListener("hashchange", takeLink);

/** Leave a link that does not work, for what is there without it. */
export async function leaveLink() {
  link.value = null;
  await openSession();
}

/** @param {Session} opened */
export function enter(opened) {
  link.value = null;
  expired.value = false;
  session.value = opened;
}

/** Ask anew who is signed in and what they may do. */
export async function refreshSession() {
  session.value = await get("session");
}

/**
 * Sign in with a password. Throws a Refusal.
 * @param {string} login
 * @param {string} password
 * @param {string} code of a second factor, empty until one is asked for
 */
export async function signIn(login, password, code) {
  enter(await post("session", { login, password, code: code || null }));
}

export async function signOut() {
  await remove("session");
  expired.value = false;
  session.value = null;
}
