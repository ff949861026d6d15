// @ts-check
/** The page's end of the agent's WebSocket: what to draw, and the few things that can be said back. */

import { signal } from "./kit/html.js";
import { Live } from "./kit/live.js";
import { play } from "./kit/sound.js";
import { SignIn } from "./sign_in.js";

/** @typedef {import("./messages.js").State} State */
/** @typedef {import("./messages.js").Samples} Samples */

/**
 * `at_us` is when it was done, `received` when the page last heard how long undo lasts.
 * @typedef {{line: import("./messages.js").Line, at_us: number, received: number}} Recent
 */

const TICK_MS = 250;
const DRAWING_MS = 5_000;
const EXTEND_MS = 1_000;
const LOST_AFTER_MS = 1_200;

export class Desk {
  constructor() {
    /** The last State, kept while the agent is away. */
    this.state = signal(/** @type {State | null} */ (null));
    this.samples = signal(/** @type {Samples | null} */ (null));
    /** True when the agent has been out of reach long enough to say so. */
    this.lost = signal(false);
    /** Milliseconds on the page's steady clock; ticks four times a second. */
    this.now = signal(performance.now());
    /** What was done last, for the waiting screen: undo outlasts the screen that showed it. */
    this.recent = signal(/** @type {Recent | null} */ (null));
    /** The last card that a working reader could not read. */
    this.trouble = signal(/** @type {{code: string, at: number} | null} */ (null));
    /** When someone last touched the page or tapped a card. */
    this.active = performance.now();
    this.received = performance.now();
    this.severed = performance.now();
    this.extended = -Infinity;
    /** @type {number | null} */
    this.played = null;
    this.signIn = new SignIn((pin) => this.send({ type: "enter_pin", pin }));
    this.live = new Live({
      url: "/ws",
      longestMs: 2_000,
      onOpen: () => this.draw(),
      onMessage: (message) => this.take(message),
      onClose: () => {
        if (!this.away()) this.severed = performance.now();
        this.signIn.lost();
        return true;
      },
    });
    this.opened = false;
    /** The agent began anew since this page was loaded. */
    this.outlived = false;
    setInterval(() => this.tick(), TICK_MS);
    setInterval(() => this.draw(), DRAWING_MS);
  }

  /** Whether the connection was already gone before this close. */
  away() {
    const was = !this.opened;
    this.opened = false;
    return was;
  }

  /** @param {import("./messages.js").ToKiosk} message */
  take(message) {
    if (message.type === "pin_answer") {
      this.signIn.take(message);
      return;
    }
    if (message.type === "samples") {
      this.samples.value = message;
      return;
    }
    if (message.type !== "state") return;
    const before = this.state.value;
    this.received = performance.now();
    this.opened = true;
    this.lost.value = false;
    this.now.value = this.received;
    this.state.value = message;
    this.remember(message);
    this.signIn.follow(message);
    this.sound(message.feedback, before === null);
    if (before) this.notice(before, message);
    this.renew(before, message);
  }

  /**
   * Revisions start again with a new agent, which may bring a new page: load it when nobody is here.
   * @param {State | null} before
   * @param {State} after
   */
  renew(before, after) {
    this.outlived ||= before !== null && after.revision < before.revision;
    if (this.outlived && after.screen.type === "waiting") location.reload();
  }

  /** @param {State} state */
  remember({ screen }) {
    if (screen.type !== "session" && screen.type !== "done") return;
    const line = screen.lines[0];
    if (!line) return;
    const known = this.recent.value;
    const same = known?.line.fact === line.fact && known.line.what === line.what;
    this.recent.value = { line, at_us: same ? known.at_us : this.wallUs(), received: this.received };
  }

  /**
   * Each number sounds once. What was already so when the page opened stays silent.
   * @param {import("./messages.js").Feedback | null} feedback
   * @param {boolean} first
   */
  sound(feedback, first) {
    const number = feedback?.number ?? null;
    const fresh = number !== null && number !== this.played;
    this.played = number;
    if (!feedback || !fresh || first) return;
    this.active = this.received;
    play(feedback.tone);
  }

  /**
   * A card that could not be read is no tap, so the agent sends no feedback for it: say it here.
   * @param {State} before
   * @param {State} after
   */
  notice(before, after) {
    if (after.feedback && after.feedback.number !== before.feedback?.number) {
      this.trouble.value = null;
      return;
    }
    for (const { reader, message } of after.readers) {
      const old = before.readers.find((other) => other.reader === reader)?.message;
      if (!message.startsWith("card_") || message === old) continue;
      this.trouble.value = { code: message, at: this.received };
      play("error");
    }
  }

  tick() {
    this.now.value = performance.now();
    this.lost.value = !this.opened && this.now.value - this.severed > LOST_AFTER_MS;
  }

  /** From an animation frame only: a page that no longer draws falls silent, and the agent notices. */
  draw() {
    requestAnimationFrame(() => this.send({ type: "drawing" }));
  }

  /**
   * What is left of a span that was sent with the last State. Reads the ticking clock.
   * @param {number} ms
   * @param {number} [since] when it was sent, if not just now
   */
  left(ms, since = this.received) {
    return Math.max(0, ms - (this.now.value - since));
  }

  /** Unix microseconds by the server's clock if the agent knows it, else by this machine's. */
  wallUs() {
    const known = this.state.value?.server_us;
    return known ? known + (performance.now() - this.received) * 1000 : Date.now() * 1000;
  }

  /** Someone touched the page. */
  touch() {
    const now = performance.now();
    this.active = now;
    const type = this.state.value?.screen.type;
    if (!type || type === "waiting" || now - this.extended < EXTEND_MS) return;
    this.extended = now;
    this.send({ type: "extend" });
  }

  /** @param {import("./messages.js").FromKiosk} message */
  send(message) {
    return this.live.send(message);
  }
}
