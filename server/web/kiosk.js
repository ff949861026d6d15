// @ts-check
// Pages that were opened from a kiosk: where its own page is, and the way back to it. The kiosk's
// browser has no address bar and no back button, so every end of a session must lead there.

import { remove } from "/web/api.js";

/** A tab's own: the kiosk's browser keeps it through a reload, and no other tab has it. */
const KEY = "genba-kiosk";
const LOCAL = ["127.0.0.1", "localhost"];

/**
 * The address of a kiosk's page, if this is one: on this machine itself, and nothing but an origin.
 * Anything else would let a link send people wherever its author likes.
 * @param {string | null} text
 */
export function kioskAddress(text) {
  if (text === null || !URL.canParse(text)) return null;
  const url = new URL(text);
  const plain = url.protocol === "http:" && url.href === `${url.origin}/`;
  return plain && LOCAL.includes(url.hostname) ? url.href : null;
}

/** Remember the way back; false if it is none. @param {string | null} back */
export function comeFromKiosk(back) {
  const address = kioskAddress(back);
  if (address !== null) sessionStorage.setItem(KEY, address);
  return address !== null;
}

/** Whether this tab was opened from a kiosk. */
export function isAtKiosk() {
  return kioskAddress(sessionStorage.getItem(KEY)) !== null;
}

/** Go back to the kiosk's page; false in a tab that did not come from one. */
export function backToKiosk() {
  const address = kioskAddress(sessionStorage.getItem(KEY));
  if (address === null) return false;
  sessionStorage.removeItem(KEY);
  location.replace(address);
  return true;
}

/** Sign out and go back; without the server too, since the session ends by itself soon. */
export async function leaveForKiosk() {
  try {
    await remove("session");
  } finally {
    backToKiosk();
  }
}
