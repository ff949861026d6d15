// @ts-check
// Small bar charts, drawn by hand: no library is worth loading for these.

import { html } from "/kit/html.js";
import { formatDate, formatNumber } from "/kit/i18n.js";

/**
 * Bars beside their names.
 * @param {{ label: string, rows: readonly { name: string, count: number }[] }} props
 */
export function BarList({ label, rows }) {
  const most = Math.max(1, ...rows.map((row) => row.count));
  return html`<ul class="bars" aria-label=${label}>
    ${rows.map(
      (row) => html`<li key=${row.name}>
        <span class="bars-name">${row.name}</span>
        <svg class="bars-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
          <rect class="bars-track" width="100" height="10" /><rect class="bars-fill" width=${(100 * row.count) / most} height="10" />
        </svg>
        <span class="bars-count">${formatNumber(row.count)}</span>
      </li>`,
    )}
  </ul>`;
}

const HEIGHT = 120;
const STEP = 20;

/**
 * One column a day; days are civil dates of the site (`YYYY-MM-DD`), gaps are filled with none.
 * @param {{ label: string, days: readonly { day: string, count: number }[] }} props
 */
export function DayBars({ label, days }) {
  const all = withoutGaps(days);
  const most = Math.max(1, ...all.map(({ count }) => count));
  const width = all.length * STEP;
  return html`<figure class="day-bars">
    <svg viewBox=${`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label=${label}>
      ${all.map(({ day, count }, index) => {
        const height = Math.max(count > 0 ? 3 : 1, (HEIGHT * count) / most);
        return html`<rect
          key=${day}
          class=${count > 0 ? "bars-fill" : "bars-track"}
          x=${index * STEP + 2}
          y=${HEIGHT - height}
          width=${STEP - 4}
          height=${height}
        ><title>${`${civil(day)} ${formatNumber(count)}`}</title></rect>`;
      })}
    </svg>
    <figcaption><span>${civil(all[0].day)}</span><span>${civil(all[all.length - 1].day)}</span></figcaption>
  </figure>`;
}

/** A civil date needs no zone: noon UTC is the same day nearly everywhere. @param {string} day */
function civil(day) {
  return formatDate(`${day}T03:00:00Z`, "day");
}

/** @param {readonly { day: string, count: number }[]} days */
function withoutGaps(days) {
  const counts = new Map(days.map(({ day, count }) => [day, count]));
  const sorted = [...counts.keys()].sort();
  const all = [];
  const last = Date.parse(sorted[sorted.length - 1]);
  for (let at = Date.parse(sorted[0]); at <= last; at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10);
    all.push({ day, count: counts.get(day) ?? 0 });
  }
  return all;
}
