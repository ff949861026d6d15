// @ts-check
import { classes, html, useEffect, useRef, useSignal } from "/kit/html.js";
import { formatDate, formatNumber, t, zone } from "/kit/i18n.js";
import { Button, EmptyState, Icon, Spinner } from "/kit/kit.js";
import { address as addressOf, get } from "/web/api.js";
import { dayStart, nextDay } from "/web/days.js";
import { ChoiceFilter, DayFilter, Filters, SearchFilter } from "/web/filters.js";
import { useList } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { attempt } from "/web/refusals.js";
import { href, place, refine } from "/web/router.js";
import { may } from "/web/session.js";
import { Trouble } from "/web/trouble.js";
import { AuditPanel } from "./audit_panel.js";
import { EntryDetails } from "./entry_details.js";
import { iconOf, idOf, sentence } from "./words.js";

/** @typedef {import("./words.js").Entry} Entry */
/** @typedef {import("./words.js").EntryPage} EntryPage */

const MODULES = ["loans", "people", "accounts", "devices", "site", "system"];
// Filters that are set by pressing a value of an entry.
const PICKED = ["kind", "subject", "actor", "device", "address"];
const LIMIT = 50;

/** @param {Entry} entry */
const rowKey = (entry) => entry.id;

/** Everything that happened, newest first; new entries come in at the top. */
export function JournalPage() {
  const { search = "", module = "", since = "", until = "", ...rest } = place.value.query;
  const picked = PICKED.filter((name) => rest[name]);
  const filters = {
    search,
    module,
    ...Object.fromEntries(picked.map((name) => [name, rest[name]])),
    since: since && dayStart(since, zone.value),
    until: until && dayStart(nextDay(until), zone.value),
  };
  const query = { ...filters, limit: LIMIT };
  /** @type {import("/web/loading.js").ListState<Entry>} */
  const list = useList("journal", query, { topics: ["journal"], rowKey });
  const asked = JSON.stringify(query);
  const older = useSignal(
    /** @type {{ asked: string, entries: Entry[], names: Record<string, string>, next: string | null }} */ ({
      asked: "",
      entries: [],
      names: {},
      next: null,
    }),
  );
  const busyWith = useSignal("");
  const busy = busyWith.value === asked;
  const mine = older.value.asked === asked ? older.value : { asked, entries: [], names: {}, next: list.cursor };
  const names = { ...mine.names, .../** @type {EntryPage | null} */ (list.page)?.names };
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
    let { next, names: called } = mine;
    while (next && found.length < LIMIT && shown.current === asked) {
      const before = next;
      /** @type {EntryPage | undefined} */
      const page = await attempt(() => get("journal", { ...query, before }));
      if (!page || shown.current !== asked) break;
      found.push(...page.items);
      next = page.next;
      called = { ...called, ...page.names };
      older.value = { asked, entries: unique([...newest, ...mine.entries, ...found]), names: called, next };
    }
    if (busyWith.value === asked) busyWith.value = "";
  };
  const searching = Boolean(mine.next) && entries.length < LIMIT;
  useEffect(() => {
    if (searching && !busy) void more();
  }, [asked, searching, list.cursor]);
  useEffect(() => () => void (shown.current = ""), []);
  const filtered = Boolean(search || module || since || until || picked.length > 0);
  const download =
    may("audit.export") &&
    html`<${Button} icon="download" href=${addressOf("journal.csv", filters)} download="journal.csv">${t("web-export")}<//>
      <${Button} icon="download" href=${addressOf("journal.jsonl", filters)} download="journal.jsonl">JSON<//>`;
  return html`
    <${PageHead} title=${t("system-journal")} lead=${t("system-journal-lead")} actions=${download} />
    <${AuditPanel} />
    <${Filters}>
      <${SearchFilter} label=${t("system-journal-search")} />
      <${ChoiceFilter}
        label=${t("system-module")}
        name="module"
        options=${[{ value: "", label: t("web-all") }, ...MODULES.map((value) => ({ value, label: t(`system-module-${value}`) }))]}
      />
      <${DayFilter} label=${t("system-from")} name="since" />
      <${DayFilter} label=${t("system-until")} name="until" />
      ${picked.map(
        (name) => html`<${Button} key=${name} small icon="close" onClick=${() => refine({ [name]: "" })}
          >${t(`system-${name}`)}: ${names[idOf(rest[name])] ?? rest[name]}<//
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
      ${entries.map((entry) => html`<${EntryRow} key=${entry.id} entry=${entry} names=${names} fresh=${list.changed.has(entry.id)} />`)}
    </ol>
    ${mine.next && html`<p class="more"><${Button} busy=${busy} onClick=${() => void more()}>${t("system-older")}<//></p>`}
  `;
}

/** @param {readonly Entry[]} entries */
function unique(entries) {
  return [...new Map(entries.map((entry) => [entry.id, entry])).values()];
}

/** @param {{ entry: Entry, names: Record<string, string>, fresh: boolean }} props */
function EntryRow({ entry, names, fresh }) {
  const device = entry.device && (names[entry.device] ?? entry.device);
  const who = names[idOf(entry.actor)] ?? device ?? entry.actor;
  return html`<li class=${classes("entry", fresh && "just-in")}>
    <details>
      <summary>
        <time class="entry-at" datetime=${entry.at}>${formatDate(entry.at, "dayTime")}</time>
        <${Icon} name=${iconOf(entry)} />
        <span class="entry-what">${sentence(entry)}</span>
        <span class="entry-who muted">${who}</span>
        <span class="entry-position muted g-code" title=${t("system-position")}>${formatNumber(entry.position)}</span>
      </summary>
      <${EntryDetails} entry=${entry} names=${names} filterHref=${(/** @type {string} */ name, /** @type {string} */ value) => href(["journal"], { [name]: value })} />
    </details>
  </li>`;
}
