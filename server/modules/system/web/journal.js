// @ts-check
import { classes, html, useSignal } from "/kit/html.js";
import { formatDate, formatNumber, t } from "/kit/i18n.js";
import { Button, EmptyState, Icon, Spinner } from "/kit/kit.js";
import { get } from "/web/api.js";
import { ChoiceFilter, Filters, SearchFilter } from "/web/filters.js";
import { useList } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { attempt } from "/web/refusals.js";
import { href, place, refine } from "/web/router.js";
import { Trouble } from "/web/trouble.js";
import { EntryDetails } from "./entry_details.js";
import { iconOf, sentence } from "./words.js";

/** @typedef {import("./words.js").Entry} Entry */

const MODULES = ["loans", "people", "devices", "system"];
const LIMIT = 50;

/** @param {Entry} entry */
const rowKey = (entry) => entry.id;

/** Everything that happened, newest first; new entries come in at the top. */
export function JournalPage() {
  const { search = "", module = "", subject = "", actor = "", kind = "" } = place.value.query;
  const query = { search, module, subject, actor, kind, limit: LIMIT };
  /** @type {import("/web/loading.js").ListState<Entry>} */
  const list = useList("journal", query, { topics: ["journal"], rowKey });
  const asked = JSON.stringify(query);
  const older = useSignal(/** @type {{ asked: string, entries: Entry[], end: boolean }} */ ({ asked, entries: [], end: false }));
  const busy = useSignal(false);
  const mine = older.value.asked === asked ? older.value : { asked, entries: [], end: false };
  const newest = list.rows;
  // News push entries off the first page; those already shown below stay without a repeat.
  const last = newest.at(-1)?.position ?? 0;
  const entries = [...newest, ...mine.entries.filter((entry) => entry.position < last)];
  const more = async () => {
    busy.value = true;
    /** @type {import("/web/loading.js").Page<Entry> | undefined} */
    const page = await attempt(() => get("journal", { ...query, before: entries.at(-1)?.position }));
    busy.value = false;
    if (!page) return;
    older.value = {
      asked,
      entries: [...newest, ...mine.entries, ...page.items].filter((entry, at, all) => all.findIndex((other) => other.id === entry.id) === at),
      end: page.items.length < LIMIT,
    };
  };
  const filtered = Boolean(search || module || subject || actor || kind);
  return html`
    <${PageHead} title=${t("system-journal")} lead=${t("system-journal-lead")} />
    <${Filters}>
      <${SearchFilter} label=${t("system-journal-search")} />
      <${ChoiceFilter}
        label=${t("system-module")}
        name="module"
        options=${[{ value: "", label: t("web-all") }, ...MODULES.map((value) => ({ value, label: t(`system-module-${value}`) }))]}
      />
      ${["kind", "subject", "actor"]
        .filter((name) => place.value.query[name])
        .map(
          (name) => html`<${Button} key=${name} small icon="close" onClick=${() => refine({ [name]: "" })}
            >${t(`system-${name}`)}: ${place.value.query[name]}<//
          >`,
        )}
    <//>
    ${list.error && html`<${Trouble} error=${list.error} onRetry=${list.reload} />`}
    ${list.loading && html`<${Spinner} />`}
    ${
      !list.loading &&
      !list.error &&
      entries.length === 0 &&
      html`<div class="panel"><${EmptyState} title=${t(filtered ? "web-nothing-found" : "system-recent-none")} icon=${filtered ? "search" : "list"} /></div>`
    }
    <ol class="journal">
      ${entries.map((entry) => html`<${EntryRow} key=${entry.id} entry=${entry} fresh=${list.changed.has(entry.id)} />`)}
    </ol>
    ${entries.length >= LIMIT && !mine.end && html`<p class="more"><${Button} busy=${busy.value} onClick=${() => void more()}>${t("system-older")}<//></p>`}
  `;
}

/** @param {{ entry: Entry, fresh: boolean }} props */
function EntryRow({ entry, fresh }) {
  return html`<li class=${classes("entry", fresh && "just-in")}>
    <details>
      <summary>
        <time class="entry-at" datetime=${entry.at}>${formatDate(entry.at, "dayTime")}</time>
        <${Icon} name=${iconOf(entry)} />
        <span class="entry-what">${sentence(entry)}</span>
        <span class="entry-who muted">${entry.device ?? entry.actor}</span>
        <span class="entry-position muted g-code" title=${t("system-position")}>${formatNumber(entry.position)}</span>
      </summary>
      <${EntryDetails} entry=${entry} filterHref=${(/** @type {string} */ name, /** @type {string} */ value) => href(["journal"], { [name]: value })} />
    </details>
  </li>`;
}
