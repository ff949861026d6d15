// @ts-check
/** Signing in to the site's pages with card and PIN: the keypad is shown, the agent asked, the page left. */

import { signal } from "./kit/html.js";
import { language } from "./kit/i18n.js";

/** @typedef {import("./messages.js").PinAnswer} PinAnswer */
/** @typedef {import("./messages.js").State} State */

/** @type {PinAnswer} */
const UNAVAILABLE = { type: "pin_answer", result: "unavailable", ticket: "", site: "", minutes: 0 };

export class SignIn {
  /** @param {(pin: string) => boolean} ask whether it could be asked */
  constructor(ask) {
    this.ask = ask;
    /** The keypad, while it is shown: whether the server is asked, and what it said last. */
    this.pad = signal(/** @type {{busy: boolean, answer: PinAnswer | null} | null} */ (null));
    /** The tap that the keypad belongs to: whoever taps next closes it. @type {number | null} */
    this.tap = null;
  }

  /** @param {State} state */
  open(state) {
    this.tap = state.feedback?.number ?? null;
    this.pad.value = { busy: false, answer: null };
  }

  close() {
    this.pad.value = null;
  }

  /** @param {string} pin */
  enter(pin) {
    this.pad.value = { busy: true, answer: null };
    if (!this.ask(pin)) this.take(UNAVAILABLE);
  }

  /** An answer to a keypad that was closed meanwhile is nobody's. @param {PinAnswer} answer */
  take(answer) {
    if (!this.pad.value?.busy) return;
    if (answer.result === "ok") location.replace(entrance(answer));
    else this.pad.value = { busy: false, answer };
  }

  /** The agent ends the session as it hands the ticket out, so that one who is asked for stays. @param {State} state */
  follow(state) {
    const tapped = (state.feedback?.number ?? null) !== this.tap;
    const left = state.screen.type !== "session" && !this.pad.value?.busy;
    if (tapped || left) this.close();
  }

  /** The agent went away, and the question with it. */
  lost() {
    this.take(UNAVAILABLE);
  }
}

/** The site's pages, told by the ticket who comes and by `back` from where. @param {PinAnswer} answer */
function entrance({ site, ticket }) {
  const address = new URL(site);
  address.searchParams.set("lang", language.peek());
  address.hash = `kiosk=${ticket}&back=${encodeURIComponent(`${location.origin}/`)}`;
  return address.href;
}
