// @ts-check
// Live news from the server: who listens to which topic, and resuming after a lost connection.

import { signal, useEffect, useRef } from "/kit/html.js";
import { Live } from "/kit/live.js";
import { API, get, listeners } from "/web/api.js";

/**
 * One journal entry as it arrives live.
 * @typedef {object} News
 * @property {string[]} topics
 * @property {number} position
 * @property {string} at
 * @property {string} actor
 * @property {string | null} device
 * @property {string} module
 * @property {string} kind
 * @property {string} subject
 * @property {unknown} body
 */

/** @typedef {(news: News[]) => void} Listener an empty list means: anything may have changed */

const EVERY_MS = 100;
const NOT_SIGNED_IN = 4001;

/** "on" while news arrive. @type {import("/vendor/signals.js").Signal<"on" | "connecting" | "off">} */
export const newsStatus = signal("off");

/** @type {Map<string, Set<Listener>>} */
const listening = new Map();
/** @type {Map<string, { epoch: string, position: number }>} How far each topic was heard. */
const heard = new Map();
/** @type {Map<Listener, News[]>} */
const waiting = new Map();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let toldAt = -Infinity;
/** @type {Live | null} */
let live = null;
/** @type {(() => void) | null} */
let unwatch = null;

export function startNews() {
  if (live) return;
  live = new Live({
    url: `${API}/live`,
    onOpen: () => [...listening.keys()].forEach(subscribe),
    onMessage: receive,
    onClose: (code) => {
      if (code === NOT_SIGNED_IN) {
        listeners.unauthenticated();
        return false;
      }
      // A handshake that is refused says no more than a line that broke: ask who is signed in.
      get("session").catch(() => undefined);
      return true;
    },
  });
  unwatch = live.status.subscribe((status) => {
    newsStatus.value = status === "open" ? "on" : status === "closed" ? "off" : "connecting";
  });
}

export function stopNews() {
  live?.close();
  unwatch?.();
  live = null;
  unwatch = null;
  heard.clear();
}

/** @param {string} topic */
function subscribe(topic) {
  const last = heard.get(topic);
  live?.send({
    type: "subscribe",
    topic,
    after: last?.position ?? null,
    epoch: last?.epoch ?? null,
  });
}

/** @param {any} message */
function receive(message) {
  if (message.type === "subscribed") {
    heard.set(message.topic, { epoch: message.epoch, position: message.position });
  } else if (message.type === "event") {
    for (const topic of message.topics) {
      const last = heard.get(topic);
      if (last) last.position = message.position;
      tell(topic, message);
    }
  } else if (message.type === "resync") {
    // Another history than the one we know: everything on the screen may be old.
    heard.clear();
    for (const topic of listening.keys()) {
      subscribe(topic);
      tell(topic, null);
    }
  }
}

/**
 * @param {string} topic
 * @param {News | null} news
 */
function tell(topic, news) {
  for (const listener of listening.get(topic) ?? []) {
    const batch = waiting.get(listener) ?? [];
    if (news && !batch.some((other) => other.position === news.position)) batch.push(news);
    waiting.set(listener, batch);
  }
  // At once after a quiet time, and then no more often than a screen can be read.
  timer ??= setTimeout(() => {
    timer = undefined;
    toldAt = performance.now();
    const due = [...waiting];
    waiting.clear();
    for (const [listener, batch] of due) listener(batch);
  }, Math.max(0, toldAt + EVERY_MS - performance.now()));
}

/**
 * Call `listener` for news of these topics while the component is on screen.
 * @param {readonly string[]} topics
 * @param {Listener} listener
 */
export function useNews(topics, listener) {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    /** @type {Listener} */
    const own = (news) => latest.current(news);
    for (const topic of topics) listen(topic, own);
    return () => topics.forEach((topic) => leave(topic, own));
  }, [topics.join(" ")]);
}

/**
 * @param {string} topic
 * @param {Listener} listener
 */
function listen(topic, listener) {
  const others = listening.get(topic);
  if (others) {
    others.add(listener);
    return;
  }
  listening.set(topic, new Set([listener]));
  subscribe(topic);
}

/**
 * @param {string} topic
 * @param {Listener} listener
 */
function leave(topic, listener) {
  const others = listening.get(topic);
  others?.delete(listener);
  waiting.delete(listener);
  if (others?.size === 0) {
    listening.delete(topic);
    heard.delete(topic);
    live?.send({ type: "unsubscribe", topic });
  }
}
