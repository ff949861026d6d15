// @ts-check
import { html } from "../kit/html.js";
import { daysUntil, formatDate, t } from "../kit/i18n.js";
import { Badge } from "../kit/components/badge.js";

/**
 * When an item is to be back: in words that say how near that is.
 * @param {{dueUs: number | null, nowUs: number}} props
 */
export function Due({ dueUs, nowUs }) {
  if (dueUs === null) return html`<${Badge}>${t("due-none")}<//>`;
  const date = formatDate(dueUs, "day");
  const days = daysUntil(dueUs, nowUs);
  if (dueUs < nowUs) return html`<${Badge} strong tone="error" icon="alert">${t("due-over", { days: -days, date })}<//>`;
  if (days === 0) return html`<${Badge} strong tone="ask" icon="clock">${t("due-today")}<//>`;
  if (days === 1) return html`<${Badge} tone="ask" icon="clock">${t("due-tomorrow")}<//>`;
  return html`<${Badge} icon="calendar">${t("due", { date })}<//>`;
}
