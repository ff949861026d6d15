// @ts-check
// Start of the admin pages: words, then who is signed in, then the shell.

import { effect, html, render } from "/kit/html.js";
import { language, loadLanguages, setLanguage, zone } from "/kit/i18n.js";
import { FactorDue } from "/modules/accounts/factor_demand.js";
import { Entrance } from "/modules/accounts/sign_in.js";
import { Unreachable } from "/web/api.js";
import { startNews, stopNews } from "/web/news.js";
import { startRouter } from "/web/router.js";
import { link, openSession, session } from "/web/session.js";
import { Shell } from "/web/shell.js";

const LANGUAGES = ["ja", "en"];
const YEAR_S = 31_536_000;
const RETRY_MS = 2_000;

/** @param {HTMLElement} root */
export async function start(root) {
  await loadLanguages(LANGUAGES, (code) => [`/kit/locales/${code}.ftl`, `/locales/${code}.ftl`]);
  const asked = new URLSearchParams(location.search).get("lang");
  if (asked !== null && LANGUAGES.includes(asked)) setLanguage(asked);
  // The server answers problems in the language of this cookie.
  effect(() => {
    const [prefix, secure] = location.protocol === "https:" ? ["__Host-", "; secure"] : ["", ""];
    document.cookie = `${prefix}genba_language=${language.value}; path=/; max-age=${YEAR_S}; samesite=strict${secure}`;
  });
  startRouter();
  effect(() => {
    const open = session.value;
    if (open) zone.value = open.site.zone;
    // Who has yet to make a second factor gets no news; with it they are somebody else to the server.
    if (open && open.second_factor !== "due") startNews();
    else stopNews();
  });
  render(html`<${App} />`, root);
  await untilSession();
}

/** The server may still be starting: ask until it answers. */
async function untilSession() {
  for (;;) {
    try {
      await openSession();
      return;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function App() {
  if (session.value === undefined) return null;
  if (session.value === null || link.value) return html`<${Entrance} />`;
  return session.value.second_factor === "due" ? html`<${FactorDue} />` : html`<${Shell} />`;
}
