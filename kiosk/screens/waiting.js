// @ts-check
import { html } from "../kit/html.js";
import { formatDate, language, languages, t, tIn, tOr } from "../kit/i18n.js";
import { Icon } from "../kit/components/icon.js";
import { TONE_ICONS } from "../kit/components/tone.js";
import { UndoButton } from "../parts/line_list.js";
import { TapZone } from "../parts/tap_zone.js";

const RECENT_US = 5 * 60 * 1_000_000;

/**
 * Nothing is going on: says what can be done, or that the reader is missing.
 * @param {{desk: import("../desk.js").Desk, state: import("../messages.js").State}} props
 */
export function Waiting({ desk, state }) {
  if (!state.readers.some((reader) => reader.state === "ready")) {
    return html`<${ReaderMissing} readers=${state.readers} />`;
  }
  const other = languages.value.find((code) => code !== language.value);
  return html`<section class="k-waiting">
    <div class="k-waiting-words">
      <h1><span>${t("waiting-what")}</span><span>${t("waiting-do")}</span></h1>
      ${other && html`<p class="k-waiting-other" lang=${other}>${tIn(other, "waiting-short")}</p>`}
      <dl class="k-recipes">
        <${Recipe} tone="borrowed" title=${t("recipe-borrow")} how=${t("recipe-borrow-how")} />
        <${Recipe} tone="returned" title=${t("recipe-return")} how=${t("recipe-return-how")} />
        <${Recipe} tone="neutral" icon="list" title=${t("recipe-mine")} how=${t("recipe-mine-how")} />
      </dl>
      <${Recent} desk=${desk} />
    </div>
    <${TapZone} />
  </section>`;
}

/** @param {{tone: import("../kit/components/tone.js").ToneName, icon?: string, title: string, how: string}} props */
function Recipe({ tone, icon, title, how }) {
  return html`<div class=${`k-recipe g-tone-${tone}`}>
    <dt><${Icon} name=${icon ?? TONE_ICONS[tone]} />${title}</dt>
    <dd>${how}</dd>
  </div>`;
}

/** What was done last: seen, and undone, by one who walked off too soon. */
function Recent(/** @type {{desk: import("../desk.js").Desk}} */ { desk }) {
  const recent = desk.recent.value;
  if (!recent || desk.now.value < 0 || desk.wallUs() - recent.at_us > RECENT_US) return null;
  const { line, at_us: at, received } = recent;
  return html`<div class=${`k-recent g-tone-${line.what}`}>
    <p>
      <span>${t("recent")} ${formatDate(at, "time")}</span>
      <strong><${Icon} name=${TONE_ICONS[line.what]} />${t(`verb-${line.what}`)}</strong>
      <span>${line.item.name}</span>
    </p>
    <${UndoButton} desk=${desk} line=${line} since=${received} />
  </div>`;
}

/** @param {{readers: import("../messages.js").Reader[]}} props */
function ReaderMissing({ readers }) {
  const reason = readers.find((reader) => reader.message)?.message;
  return html`<section class="k-missing g-tone-error" role="alert">
    <${Icon} name="reader" />
    <h1>${t("reader-gone")}</h1>
    <p>${t("reader-gone-do")}</p>
    ${reason && html`<p class="k-missing-reason">${tOr(`reader-${reason}`, "reader-unavailable")}</p>`}
    <p class="k-missing-wait">${t("reader-gone-wait")}</p>
  </section>`;
}
