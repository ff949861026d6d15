// @ts-check
/** The kiosk page: draws the agent's State. */

import { useErrorBoundary } from "./vendor/hooks.js";
import { Desk } from "./desk.js";
import { Announcer } from "./parts/announcer.js";
import { Drawer } from "./parts/drawer.js";
import { LostOverlay } from "./parts/lost_overlay.js";
import { Notices } from "./parts/notices.js";
import { StatusBar } from "./parts/status_bar.js";
import { TopBar } from "./parts/top_bar.js";
import { html, render } from "./kit/html.js";
import { DEFAULT_LANGUAGE, language, languages, loadLanguages, setLanguage, t } from "./kit/i18n.js";
import { unlockOnFirstGesture } from "./kit/sound.js";
import { AskPerson } from "./screens/ask_person.js";
import { Done } from "./screens/done.js";
import { Failed } from "./screens/failed.js";
import { Pairing } from "./screens/pairing.js";
import { Refused } from "./screens/refused.js";
import { Session } from "./screens/session.js";
import { UnknownCard } from "./screens/unknown_card.js";
import { Waiting } from "./screens/waiting.js";

const LANGUAGES = ["ja", "en"];
const LANGUAGE_IDLE_MS = 30_000;

const SCREENS = {
  waiting: Waiting,
  ask_person: AskPerson,
  session: Session,
  done: Done,
  unknown_card: UnknownCard,
  refused: Refused,
  failed: Failed,
};

/**
 * Load the texts, connect, draw. Rejects if a text cannot be loaded.
 * @param {HTMLElement} root
 * @param {(error: unknown) => void} fail called when drawing breaks
 */
export async function start(root, fail) {
  await loadLanguages(LANGUAGES, (code) => [`/kit/locales/${code}.ftl`, `/locales/${code}.ftl`]);
  unlockOnFirstGesture();
  const desk = new Desk();
  for (const name of ["pointerdown", "keydown"]) {
    addEventListener(name, () => desk.touch(), { capture: true, passive: true });
  }
  addEventListener("keydown", (event) => {
    const busy = /** @type {HTMLElement} */ (event.target).matches("input, textarea");
    if (event.key === "Escape" && !busy) desk.send({ type: "finish" });
  });
  returnToSiteLanguage(desk);
  render(html`<${Kiosk} desk=${desk} fail=${fail} />`, root);
}

/**
 * One person's choice of language is not the next one's: back to the site's when nobody is there.
 * The site's is what the agent's settings say, or the page's address (`?lang=en`).
 * @param {Desk} desk
 */
function returnToSiteLanguage(desk) {
  const asked = new URLSearchParams(location.search).get("lang");
  let home = DEFAULT_LANGUAGE;
  desk.state.subscribe((state) => {
    const wanted = asked ?? state?.language ?? DEFAULT_LANGUAGE;
    if (wanted === home || !languages.peek().includes(wanted)) return;
    home = wanted;
    setLanguage(home);
  });
  desk.now.subscribe((now) => {
    const idle = now - desk.active > LANGUAGE_IDLE_MS;
    if (idle && language.peek() !== home && desk.state.peek()?.screen.type === "waiting") setLanguage(home);
  });
}

/** @param {{desk: Desk, fail: (error: unknown) => void}} props */
function Kiosk({ desk, fail }) {
  useErrorBoundary(fail);
  const state = desk.state.value;
  document.title = t("kiosk-title");
  if (!state) return html`<${LostOverlay} desk=${desk} />`;
  const screen = SCREENS[state.screen.type] ?? Waiting;
  const pairing = state.screen.type === "waiting" ? state.pairing : null;
  return html`<div class="k-frame" data-revision=${state.revision} inert=${desk.lost.value}>
      <${TopBar} desk=${desk} />
      <main class="k-stage" data-screen=${pairing ? "pairing" : state.screen.type}>
        <${Notices} desk=${desk} state=${state} />
        ${
          pairing
            ? html`<${Pairing} key=${`${pairing.type} ${pairing.address}`} desk=${desk} pairing=${pairing} state=${state} />`
            : html`<${screen} key=${state.screen.type} desk=${desk} screen=${state.screen} state=${state} />`
        }
      </main>
      <${StatusBar} state=${state} />
      ${state.virtual && html`<${Drawer} desk=${desk} />`}
    </div>
    <${Announcer} state=${state} />
    <${LostOverlay} desk=${desk} />`;
}
