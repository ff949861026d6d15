// @ts-check
import { html } from "/kit/html.js";
import { formatDate, t } from "/kit/i18n.js";
import { Facts } from "/web/facts.js";
import { href } from "/web/router.js";
import { idOf, pageOf } from "./words.js";

/**
 * All that the journal keeps of one entry.
 *
 * @param {object} props
 * @param {import("./words.js").Entry} props.entry
 * @param {Record<string, string>} props.names what ids are called now
 * @param {(name: string, value: string) => string} props.filterHref
 */
export function EntryDetails({ entry, names, filterHref }) {
  const page = pageOf(entry);
  /** @param {string} name @param {string | null} value */
  const filter = (name, value) =>
    value &&
    html`${names[idOf(value)] ?? ""} <a class="g-code" href=${filterHref(name, value)}>${value}</a>`;
  return html`<div class="entry-details">
    <${Facts}
      rows=${[
        [t("system-at"), formatDate(entry.at, "dateTime")],
        [t("system-kind"), filter("kind", entry.kind)],
        [t("system-subject"), html`${filter("subject", entry.subject)} ${page && html`<a href=${href(page)}>${t("system-open")}</a>`}`],
        [t("system-actor"), filter("actor", entry.actor)],
        [t("system-device"), filter("device", entry.device)],
        [t("system-address"), filter("address", entry.address)],
        [t("system-id"), html`<span class="g-code">${entry.id}</span>`],
        [t("system-hash"), html`<span class="g-code">${entry.hash}</span>`],
      ]}
    />
    <${Changes} before=${entry.body?.before} after=${entry.body?.after} />
    <details>
      <summary>${t("system-raw")}</summary>
      <pre class="g-code raw">${JSON.stringify(entry.body, null, 2)}</pre>
    </details>
  </div>`;
}

/**
 * Old and new values side by side.
 * @param {{ before?: Record<string, string>, after?: Record<string, string> }} props
 */
function Changes({ before = {}, after = {} }) {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  if (fields.length === 0) return null;
  return html`<table class="changes">
    <thead>
      <tr><th>${t("system-field")}</th><th>${t("system-before")}</th><th>${t("system-after")}</th></tr>
    </thead>
    <tbody>
      ${fields.map(
        (field) => html`<tr key=${field}>
          <th scope="row" class="g-code">${field}</th>
          <td>${before[field] ? html`<del>${before[field]}</del>` : "—"}</td>
          <td>${after[field] ? html`<ins>${after[field]}</ins>` : "—"}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}
