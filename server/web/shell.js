// @ts-check
import { html, useEffect, useSignal, useSignalEffect } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, EmptyState, Toasts } from "/kit/kit.js";
import { ConfirmIdentity } from "/modules/accounts/confirm_identity.js";
import { FactorAdvice } from "/modules/accounts/factor_demand.js";
import { IdleWatch } from "/modules/accounts/idle_watch.js";
import { isAtKiosk } from "/web/kiosk.js";
import { KioskButton } from "/web/kiosk_button.js";
import { LiveMark } from "/web/live_mark.js";
import { Navigation } from "/web/navigation.js";
import { mayOpen, pageAt, PAGES } from "/web/pages.js";
import { href, place } from "/web/router.js";

/** Navigation at the left, the page at the right; on a phone a top bar and a drawer. */
export function Shell() {
  const open = useSignal(false);
  const [first = "", id] = place.value.path;
  const entry = pageAt(first);
  useSignalEffect(() => {
    place.value;
    open.value = false;
  });
  useEffect(() => {
    document.title = entry ? `${t(entry.title)} | Genba` : "Genba";
  });
  useEffect(() => {
    scrollTo(0, 0);
  }, [first, id]);
  useEffect(() => {
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape") open.value = false;
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return html`<div class="shell">
    <a class="skip" href="#main" onClick=${skip}>${t("web-skip")}</a>
    <header class="topbar">
      <${Button}
        kind="quiet"
        icon="menu"
        label=${t("web-menu")}
        aria-expanded=${String(open.value)}
        onClick=${() => (open.value = !open.value)}
      />
      <span class="topbar-title">${entry ? t(entry.title) : "Genba"}</span>
      ${isAtKiosk() && html`<${KioskButton} />`}
      <${LiveMark} short />
    </header>
    ${open.value && html`<div class="veil" onClick=${() => (open.value = false)} />`}
    <${Navigation} current=${first} open=${open.value} />
    <main id="main" class="page" tabindex="-1">
      <${FactorAdvice} />
      ${
        entry === undefined || (id !== undefined && !entry.one)
          ? html`<${NoSuchPage} />`
          : !mayOpen(entry)
            ? html`<${NotForYou} />`
          : id === undefined
            ? html`<${entry.page} key=${first} />`
            : html`<${entry.one} key=${id} id=${id} />`
      }
    </main>
    <${IdleWatch} />
    <${ConfirmIdentity} />
    <${Toasts} />
  </div>`;
}

/** The address after `#` is ours, so the skip link moves the focus itself. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function NoSuchPage() {
  return html`<${EmptyState}
    title=${t("web-no-page")}
    icon="question"
    actions=${html`<${Button} href=${href([])} icon="home">${t("web-to-start")}<//>`}
  />`;
}

/** A page that this person's roles do not open, and one that they do. */
function NotForYou() {
  const first = PAGES.find(mayOpen);
  return html`<${EmptyState}
    title=${t("web-not-for-you")}
    icon="lock"
    actions=${first && html`<${Button} kind="primary" href=${href(first.path ? [first.path] : [])} icon=${first.icon}>${t(first.title)}<//>`}
  >${t("web-not-for-you-detail")}<//>`;
}
