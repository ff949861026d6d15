// @ts-check
import { html } from "/kit/html.js";
import { formatDate, t } from "/kit/i18n.js";
import { Facts } from "/web/facts.js";
import { href } from "/web/router.js";
import { pageOf } from "./words.js";

/**
 * All that the journal keeps of one entry.
 *
 * @param {object} props
 * @param {import("./words.js").Entry} props.entry
 * @param {(name: string, value: string) => string} props.filterHref
 */
export function EntryDetails({ entry, filterHref }) {
  const page = pageOf(entry);
  /** @param {string} name @param {string} value */
  const filter = (name, value) => html`<a class="g-code" href=${filterHref(name, value)}>${value}</a>`;
  return html`<div class="entry-details">
    <${Facts}
      rows=${[
        [t("system-at"), formatDate(entry.at, "dateTime")],
        [t("system-kind"), filter("kind", entry.kind)],
        [t("system-subject"), html`${filter("subject", entry.subject)} ${page && html`<a href=${href(page)}>${t("system-open")}</a>`}`],
        [t("system-actor"), filter("actor", entry.actor)],
        [t("system-device"), entry.device && html`<span class="g-code">${entry.device}</span>`],
        [t("system-id"), html`<span class="g-code">${entry.id}</span>`],
        [t("system-hash"), html`<span class="g-code">${entry.hash}</span>`],
      ]}
    />
    <pre class="g-code raw">${JSON.stringify(entry.body, null, 2)}</pre>
  </div>`;
}
