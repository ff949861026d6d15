// @ts-check
import { html, useEffect, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Dialog } from "/kit/kit.js";
import { get, post, Refusal } from "/web/api.js";
import { backToKiosk } from "/web/kiosk.js";
import { session } from "/web/session.js";
import { lastTouch, lastUse } from "/web/use.js";

/** @typedef {import("/web/session.js").Session} Session */

const LOOK_MS = 1_000;
const WARN_MS = 60_000;
/** Somebody who types for long sends nothing: so often the server hears of them. */
const TELL_MS = 60_000;

/** Says in time that the session will end, for lack of use or for good; drawn once in the page. */
export function IdleWatch() {
  const left = useSignal(/** @type {{ ms: number, whole: boolean } | null} */ (null));
  const open = session.value;
  const idle = (open?.idle_seconds ?? 0) * 1000;
  useEffect(() => {
    if (!idle) return undefined;
    let looking = false;
    let told = 0;
    const look = async () => {
      if (looking || !session.value) return;
      const now = performance.now();
      // Each touch once: telling of an old one again and again would keep the session for ever.
      if (lastTouch() > Math.max(lastUse(), told) && now - lastUse() > Math.min(TELL_MS, idle / 4)) {
        told = lastTouch();
        looking = true;
        await ask(() => post("session/stay"));
        looking = false;
        return;
      }
      const rest = leftOf(session.value);
      if (rest > WARN_MS) {
        left.value = null;
        return;
      }
      // Another tab may have been used meanwhile, and this computer's clock may be off.
      if (left.value === null || rest <= 0) {
        looking = true;
        await ask(() => get("session"));
        looking = false;
      }
      const ms = session.value ? leftOf(session.value) : 0;
      // The server cannot be asked: a kiosk shows nobody's pages to whoever comes next.
      if (ms <= 0 && backToKiosk()) return;
      left.value = session.value && ms <= WARN_MS ? { ms, whole: endsForGood(session.value) } : null;
    };
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => clearInterval(timer);
  }, [idle]);
  if (!left.value) return null;
  const seconds = Math.max(0, Math.ceil(left.value.ms / 1000));
  const stay = async () => {
    left.value = null;
    await ask(() => post("session/stay"));
  };
  return html`<${Dialog}
    title=${t("accounts-idle")}
    onClose=${() => void stay()}
    actions=${html`<${Button} kind="primary" onClick=${() => void stay()}>${t("accounts-idle-stay")}<//>`}
  >
    <p role="timer">${t(left.value.whole ? "accounts-ending-detail" : "accounts-idle-detail", { seconds })}</p>
  <//>`;
}

/** @param {() => Promise<Session>} question a refusal ends the session by itself */
async function ask(question) {
  try {
    const answer = await question();
    if (session.value) session.value = answer;
  } catch (error) {
    if (error instanceof Refusal && error.problem.status !== 401) throw error;
  }
}

/** When the session was last heard of, for `performance.now()`. @type {WeakMap<Session, number>} */
const heardAt = new WeakMap();

/** Milliseconds until the session ends. @param {Session} session */
function leftOf(session) {
  if (!heardAt.has(session)) heardAt.set(session, performance.now());
  const passed = performance.now() - (heardAt.get(session) ?? 0);
  return Math.min(session.ends_in ?? Infinity, session.idle_ends_in ?? Infinity) * 1000 - passed;
}

/** @param {Session} session */
function endsForGood({ ends_in, idle_ends_in }) {
  return (ends_in ?? Infinity) <= (idle_ends_in ?? Infinity);
}
