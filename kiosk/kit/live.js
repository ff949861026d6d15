// @ts-check
/** A WebSocket that stays connected: JSON in, JSON out, reconnecting with capped, jittered waits. */

import { signal } from "./html.js";

/** @typedef {"connecting" | "open" | "waiting" | "closed"} LiveStatus */

/**
 * @typedef {object} LiveOptions
 * @property {string} url absolute, or a path on this page's own host
 * @property {(message: any) => void} onMessage one decoded JSON message
 * @property {() => void} [onOpen] each time a connection stands; subscribe here
 * @property {(code: number, reason: string) => boolean} [onClose] return false to stay closed
 * @property {number} [firstMs] wait before the second attempt
 * @property {number} [longestMs] the longest wait between attempts
 */

const OPENING_MS = 5_000;

export class Live {
  /** @param {LiveOptions} options */
  constructor({ url, onMessage, onOpen, onClose, firstMs = 250, longestMs = 5_000 }) {
    const address = new URL(url, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.url = address.href;
    this.onMessage = onMessage;
    this.onOpen = onOpen;
    this.onClose = onClose;
    this.firstMs = firstMs;
    this.longestMs = longestMs;
    this.failures = 0;
    /** What the connection does now. */
    this.status = signal(/** @type {LiveStatus} */ ("connecting"));
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.hurry = () => {
      if (this.status.value === "waiting") this.open();
    };
    addEventListener("online", this.hurry);
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    this.status.value = "connecting";
    const socket = new WebSocket(this.url);
    this.socket = socket;
    // A host that swallows packets would keep an attempt hanging for minutes.
    this.timer = setTimeout(() => socket.close(), OPENING_MS);
    socket.onopen = () => {
      clearTimeout(this.timer);
      this.failures = 0;
      this.status.value = "open";
      this.onOpen?.();
    };
    socket.onmessage = (event) => this.onMessage(JSON.parse(event.data));
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      clearTimeout(this.timer);
      this.socket = null;
      if (this.onClose?.(event.code, event.reason) === false) {
        this.close();
        return;
      }
      const longest = Math.min(this.longestMs, this.firstMs * 2 ** this.failures);
      this.failures += 1;
      this.status.value = "waiting";
      this.timer = setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
    };
  }

  /**
   * Send one message now; false if the connection does not stand (nothing is kept for later).
   * @param {object} message
   * @returns {boolean}
   */
  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Close for good. */
  close() {
    clearTimeout(this.timer);
    removeEventListener("online", this.hurry);
    const socket = this.socket;
    this.socket = null;
    this.status.value = "closed";
    socket?.close();
  }
}
