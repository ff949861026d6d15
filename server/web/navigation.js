// @ts-check
import { classes, html } from "/kit/html.js";
import { formatNumber, t } from "/kit/i18n.js";
import { Button, Icon, LanguageSwitch } from "/kit/kit.js";
import { isAtKiosk } from "/web/kiosk.js";
import { KioskButton } from "/web/kiosk_button.js";
import { useOne } from "/web/loading.js";
import { LiveMark } from "/web/live_mark.js";
import { GROUPS, ME, mayOpen } from "/web/pages.js";
import { attempt } from "/web/refusals.js";
import { href } from "/web/router.js";
import { may, session, signOut } from "/web/session.js";

/**
 * Where one can go, with the numbers that want attention.
 * @param {{ current: string, open: boolean }} props
 */
export function Navigation({ current, open }) {
  const groups = GROUPS.map(({ title, pages }) => ({ title, pages: pages.filter(mayOpen) })).filter(({ pages }) => pages.length > 0);
  /** @type {import("/web/loading.js").OneState<Record<string, number>>} */
  const counts = useOne(may("loans.read") ? "loans/summary" : null, ["loans"]);
  return html`<div class=${classes("side", open && "side-open")}>
    <div class="side-head">
      <p class="brand">Genba<span>現場</span></p>
      <p class="side-site">${session.value?.site.name}</p>
    </div>
    ${isAtKiosk() && html`<${KioskButton} />`}
    <nav aria-label=${t("web-menu")}>
      ${groups.map(
        (group) => html`<div class="side-group" key=${group.title}>
          <h2>${t(group.title)}</h2>
          ${group.pages.map(
            (entry) => html`<${PageLink}
              key=${entry.path}
              entry=${entry}
              current=${current}
              count=${entry.count && counts.value?.[entry.count]}
            />`,
          )}
        </div>`,
      )}
    </nav>
    <div class="side-foot">
      <${PageLink} entry=${ME} current=${current} words=${session.value?.name} />
      <${LiveMark} />
      <${LanguageSwitch} />
      ${!isAtKiosk() && html`<${Leave} />`}
    </div>
  </div>`;
}

/** Not at a kiosk: there the way out is the way back, and a new window would have none. */
function Leave() {
  return html`<a class="side-link" href="/api/docs" target="_blank" rel="noreferrer"><${Icon} name="info" /><span>${t("web-api-docs")}</span></a>
    <${Button} kind="quiet" icon="signOut" class="side-signout" onClick=${() => void attempt(signOut)}>${t("web-signout")}<//>`;
}

/**
 * @param {object} props
 * @param {import("/web/pages.js").PageEntry} props.entry
 * @param {string} props.current
 * @param {number} [props.count] how many want attention
 * @param {string} [props.words] instead of the page's name
 */
function PageLink({ entry, current, count = 0, words }) {
  return html`<a class="side-link" href=${href(entry.path ? [entry.path] : [])} aria-current=${entry.path === current ? "page" : undefined}>
    <${Icon} name=${entry.icon} />
    <span>${words || t(entry.title)}</span>
    ${
      count > 0 &&
      html`<span class="side-count">${formatNumber(count)}<span class="g-hidden">${t("web-count-open")}</span></span>`
    }
  </a>`;
}
