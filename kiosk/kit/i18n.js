// @ts-check
/**
 * Text, numbers and dates in the user's language and the site's time zone.
 *
 * All languages are loaded at start, so that switching is instant and needs no network. Reading
 * `t()` or a formatter inside a component redraws it when the language or the zone changes.
 */

import { FluentBundle, FluentResource } from "../vendor/fluent.js";
import { computed, signal } from "./html.js";

/** @typedef {Record<string, string | number>} Args */
/** @typedef {Date | number | string} Instant Date, Unix microseconds, or ISO 8601 text */

export const DEFAULT_LANGUAGE = "ja";
const STORAGE_KEY = "genba-language";

/** The language now shown. Change it with `setLanguage`. */
export const language = signal(DEFAULT_LANGUAGE);

/** The site's time zone (IANA name). */
export const zone = signal("Asia/Tokyo");

/** @type {import("../vendor/signals.js").Signal<ReadonlyMap<string, FluentBundle>>} */
const bundles = signal(new Map());

/** The languages that were loaded, first one first. */
export const languages = computed(() => [...bundles.value.keys()]);

/**
 * Fetch the catalogues of every language, then show the remembered or the first one.
 * Throws if a catalogue cannot be fetched.
 * @param {readonly string[]} codes
 * @param {(code: string) => readonly string[]} sources addresses of one language's .ftl files
 */
export async function loadLanguages(codes, sources) {
  const loaded = await Promise.all(
    codes.map(async (code) => {
      const bundle = new FluentBundle(code, { useIsolating: false });
      for (const text of await Promise.all(sources(code).map(fetchText))) {
        bundle.addResource(new FluentResource(text), { allowOverrides: true });
      }
      return /** @type {const} */ ([code, bundle]);
    }),
  );
  bundles.value = new Map(loaded);
  const remembered = recall();
  setLanguage(remembered && codes.includes(remembered) ? remembered : codes[0], { remember: false });
}

/** @param {string} address */
async function fetchText(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response.text();
}

/** Storage may be refused (private window): then the choice lasts as long as the page. */
function recall() {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}

/**
 * @param {string} code
 * @param {{remember?: boolean}} [options] `remember` keeps the choice in this browser (default)
 */
export function setLanguage(code, { remember = true } = {}) {
  language.value = code;
  document.documentElement.lang = code;
  if (!remember) return;
  try {
    localStorage.setItem(STORAGE_KEY, code);
  } catch {
    // The choice lasts as long as the page.
  }
}

/**
 * The text with this id, in the language shown, else in the first language, else the id itself.
 * @param {string} id
 * @param {Args} [args]
 * @returns {string}
 */
export function t(id, args) {
  return find(id, args) ?? id;
}

/**
 * Whether a text with this id exists in any language.
 * @param {string} id
 */
export function has(id) {
  return find(id) !== undefined;
}

/**
 * The text for a code that may be newer than this page, or the fallback's text.
 * @param {string} id
 * @param {string} fallback
 * @param {Args} [args]
 */
export function tOr(id, fallback, args) {
  return find(id, args) ?? t(fallback, args);
}

/**
 * The text in one given language, whatever is shown; the id itself if that has none.
 * @param {string} code
 * @param {string} id
 * @param {Args} [args]
 */
export function tIn(code, id, args) {
  const bundle = bundles.value.get(code);
  const pattern = bundle?.getMessage(id)?.value;
  return bundle && pattern ? bundle.formatPattern(pattern, args, []) : id;
}

/**
 * @param {string} id
 * @param {Args} [args]
 */
function find(id, args) {
  const all = bundles.value;
  for (const bundle of [all.get(language.value), ...all.values()]) {
    const pattern = bundle?.getMessage(id)?.value;
    // An error list makes Fluent report a missing argument in the text instead of throwing.
    if (bundle && pattern) return bundle.formatPattern(pattern, args, []);
  }
  return undefined;
}

/**
 * @param {Instant} value
 * @returns {Date}
 */
export function toDate(value) {
  if (typeof value === "number") return new Date(value / 1000);
  return value instanceof Date ? value : new Date(value);
}

/** Formatters are dear to make and asked for on every draw. @type {Map<string, Intl.DateTimeFormat>} */
const formatters = new Map();

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const STYLES = {
  date: { year: "numeric", month: "2-digit", day: "2-digit" },
  day: { month: "short", day: "numeric", weekday: "short" },
  longDay: { year: "numeric", month: "long", day: "numeric", weekday: "short" },
  time: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  seconds: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  dateTime: {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  },
  dayTime: {
    month: "short",
    day: "numeric",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  },
};

/**
 * A date in the site's zone; empty text for nothing.
 * @param {Instant | null | undefined} value
 * @param {"date" | "day" | "longDay" | "time" | "seconds" | "dateTime" | "dayTime"} [style]
 * @returns {string}
 */
export function formatDate(value, style = "dateTime") {
  if (value === null || value === undefined) return "";
  const key = `${language.value} ${zone.value} ${style}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(language.value, { ...STYLES[style], timeZone: zone.value });
    formatters.set(key, formatter);
  }
  return formatter.format(toDate(value));
}

/**
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [options]
 */
export function formatNumber(value, options) {
  return new Intl.NumberFormat(language.value, options).format(value);
}

/**
 * Whole calendar days from now to then in the site's zone: 0 is today, negative is past.
 * @param {Instant} then
 * @param {Instant} [now]
 */
export function daysUntil(then, now = new Date()) {
  return Math.round((civilDay(then) - civilDay(now)) / 86_400_000);
}

/** @param {Instant} value */
function civilDay(value) {
  const text = new Intl.DateTimeFormat("en-CA", { timeZone: zone.value }).format(toDate(value));
  return Date.parse(`${text}T00:00:00Z`);
}

/**
 * How long ago or how soon, in words: "3 分前", "in 2 days".
 * @param {Instant | null | undefined} value
 * @param {Instant} [now]
 */
export function formatRelative(value, now = new Date()) {
  if (value === null || value === undefined) return "";
  const seconds = (toDate(value).getTime() - toDate(now).getTime()) / 1000;
  const words = new Intl.RelativeTimeFormat(language.value, { numeric: "auto" });
  const size = Math.abs(seconds);
  if (size < 60) return words.format(Math.round(seconds), "second");
  if (size < 3600) return words.format(Math.round(seconds / 60), "minute");
  if (size < 86_400) return words.format(Math.round(seconds / 3600), "hour");
  return words.format(Math.round(seconds / 86_400), "day");
}
