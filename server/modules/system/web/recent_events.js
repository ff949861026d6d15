// @ts-check
import { classes, html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Icon, Spinner } from "/kit/kit.js";
import { useList } from "/web/loading.js";
import { isStatus } from "/web/refusals.js";
import { href } from "/web/router.js";
import { Trouble } from "/web/trouble.js";
import { Ago } from "/web/when.js";
import { iconOf, pageOf, sentence } from "./words.js";

/** @typedef {import("./words.js").Entry} Entry */

const SHOWN = 10;

/** The last few things that happened. */
export function RecentEvents() {
  /** @type {import("/web/loading.js").ListState<Entry>} */
  const list = useList("journal", { limit: SHOWN }, { topics: ["loans", "people", "devices"], rowKey: (entry) => entry.id });
  if (isStatus(list.error, 403)) return html`<p class="muted">${t("system-recent-forbidden")}</p>`;
  if (list.error) return html`<${Trouble} error=${list.error} onRetry=${list.reload} />`;
  if (list.loading) return html`<${Spinner} />`;
  if (list.rows.length === 0) return html`<p class="muted">${t("system-recent-none")}</p>`;
  return html`<ol class="recent">
    ${list.rows.map((entry) => {
      const page = pageOf(entry);
      return html`<li key=${entry.id} class=${classes(list.changed.has(entry.id) && "just-in")}>
        <${Icon} name=${iconOf(entry)} />
        <span>${page ? html`<a class="quiet" href=${href(page)}>${sentence(entry)}</a>` : sentence(entry)}</span>
        <span class="muted"><${Ago} at=${entry.at} /></span>
      </li>`;
    })}
  </ol>`;
}
