// @ts-check
import { classes, html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { newsStatus } from "/web/news.js";

/**
 * Whether the screen follows what happens.
 * @param {{ short?: boolean }} props
 */
export function LiveMark({ short = false }) {
  const on = newsStatus.value === "on";
  const words = on ? t("web-live-on") : t("web-live-off");
  return html`<span class=${classes("live", on ? "live-on" : "live-off")} role="status" title=${words}>
    <span class="live-dot" /><span class=${short && on ? "g-hidden" : ""}>${words}</span>
  </span>`;
}
