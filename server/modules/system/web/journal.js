// @ts-check
import { classes, html, useEffect, useRef, useSignal } from "/kit/html.js";
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
  const older = useSignal(/** @type {{ asked: string, entries: Entry[], next: string | null }} */ ({ asked: "", entries: [], next: null }));
  const busyWith = useSignal("");
  const busy = busyWith.value === asked;
  const mine = older.value.asked === asked ? older.value : { asked, entries: [], next: list.cursor };
  const newest = list.rows;
  // News push entries off the first page; those already shown below stay without a repeat.
  const entries = unique([...newest, ...mine.entries]);
  const shown = useRef("");
  shown.current = asked;
  // The server looks through some thousand entries at a time: a page may be short, or empty.
  const more = async () => {
    busyWith.value = asked;
    /** @type {Entry[]} */
    const found = [];
    let { next } = mine;
    while (next && found.length < LIMIT && shown.current === asked) {
      const before = next;
      /** @type {import("/web/loading.js").Page<Entry> | undefined} */
      const page = await attempt(() => get("journal", { ...query, before }));
      if (!page || shown.current !== asked) break;
      found.push(...page.items);
      next = page.next;
      older.value = { asked, entries: unique([...newest, ...mine.entries, ...found]), next };
    }
    if (busyWith.value === asked) busyWith.value = "";
  };
  const searching = Boolean(mine.next) && entries.length < LIMIT;
  useEffect(() => {
    if (searching && !busy) void more();
  }, [asked, searching, list.cursor]);
  useEffect(() => () => void (shown.current = ""), []);
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
    ${(list.loading || (searching && busy)) && html`<${Spinner} />`}
    ${
      !list.loading &&
      !searching &&
      !list.error &&
      entries.length === 0 &&
      html`<div class="panel"><${EmptyState} title=${t(filtered ? "web-nothing-found" : "system-recent-none")} icon=${filtered ? "search" : "list"} /></div>`
    }
    <ol class="journal">
      ${entries.map((entry) => html`<${EntryRow} key=${entry.id} entry=${entry} fresh=${list.changed.has(entry.id)} />`)}
    </ol>
    ${mine.next && html`<p class="more"><${Button} busy=${busy} onClick=${() => void more()}>${t("system-older")}<//></p>`}
  `;
}

/** @param {readonly Entry[]} entries */
function unique(entries) {
  return [...new Map(entries.map((entry) => [entry.id, entry])).values()];
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
