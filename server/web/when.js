// @ts-check
import { html } from "/kit/html.js";
import { formatDate, formatRelative, t, toDate } from "/kit/i18n.js";

/**
 * A moment in the site's zone; how long ago as its tooltip.
 *
 * @param {object} props
 * @param {string | null | undefined} props.at
 * @param {"date" | "day" | "time" | "seconds" | "dateTime" | "dayTime"} [props.style]
 * @param {boolean} [props.uncertain] a device without a clock told it
 */
export function When({ at, style = "dayTime", uncertain = false }) {
  if (!at) return null;
  const exact = formatDate(at, "dateTime");
  return html`<time datetime=${toDate(at).toISOString()} title=${`${exact} (${formatRelative(at)})`}
    >${uncertain && html`<abbr title=${t("web-time-uncertain")}>${t("web-time-about")}</abbr>`}${formatDate(at, style)}</time
  >`;
}

/**
 * How long ago, the exact moment as its tooltip.
 * @param {{ at: string | null | undefined }} props
 */
export function Ago({ at }) {
  if (!at) return null;
  return html`<time datetime=${toDate(at).toISOString()} title=${formatDate(at, "dateTime")}>${formatRelative(at)}</time>`;
}
