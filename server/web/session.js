// @ts-check
// Who is signed in. Until people have accounts this is the holder of a token: it comes once, in
// the address's fragment or typed, and lives on as a cookie that no script can read.

import { signal } from "/kit/html.js";
import { get, listeners, post, Refusal, remove } from "/web/api.js";
import { replace } from "/web/router.js";

/**
 * @typedef {object} Site
 * @property {string} name
 * @property {string} zone IANA name
 * @property {string} language
 */

/**
 * @typedef {object} Session
 * @property {string} name
 * @property {string[]} permissions
 * @property {Site} site
 * @property {string[]} languages
 */

/** undefined: not known yet; null: signed out. @type {import("/vendor/signals.js").Signal<Session | null | undefined>} */
export const session = signal(undefined);

/** Whether a session ended by itself, as opposed to by the user. */
export const expired = signal(false);

/** @param {string} permission */
export function may(permission) {
  const held = session.value?.permissions ?? [];
  return held.includes("*") || held.includes(permission);
}

/** Take the token out of the address bar, if one is there. */
function tokenFromAddress() {
  const found = /^#token=(.+)$/.exec(location.hash);
  if (!found) return null;
  replace([]);
  return decodeURIComponent(found[1]);
}

/** Find out who is signed in. Throws Unreachable, or a Refusal other than 401. */
export async function openSession() {
  listeners.unauthenticated = () => {
    if (session.value) expired.value = true;
    session.value = null;
  };
  const token = tokenFromAddress();
  try {
    if (token !== null) await post("session", { token });
    session.value = await get("session");
  } catch (error) {
    if (!(error instanceof Refusal) || error.problem.status !== 401) throw error;
    session.value = null;
  }
}

/**
 * Sign in with a typed token. Throws a Refusal if it is not valid.
 * @param {string} token
 */
export async function signIn(token) {
  await post("session", { token });
  session.value = await get("session");
  expired.value = false;
}

export async function signOut() {
  await remove("session");
  expired.value = false;
  session.value = null;
}
