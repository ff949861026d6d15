// @ts-check
import { html, useEffect, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Spinner } from "/kit/kit.js";
import { post } from "/web/api.js";
import { backToKiosk } from "/web/kiosk.js";
import { explain, isStatus } from "/web/refusals.js";
import { enter } from "/web/session.js";
import { EntryBox } from "./entry.js";

/** Time to read why, at a screen that nobody else can use meanwhile. */
const RETURN_MS = 10_000;

/** The ticket that the kiosk's agent got signs in by itself. @param {{ code: string }} props */
export function KioskEntrance({ code }) {
  const refused = useSignal(/** @type {unknown} */ (null));
  const use = async () => {
    try {
      enter(await post("session/kiosk", { code }));
    } catch (error) {
      refused.value = error;
    }
  };
  useEffect(() => void use(), [code]);
  useEffect(() => {
    if (!refused.value) return undefined;
    const timer = setTimeout(backToKiosk, RETURN_MS);
    return () => clearTimeout(timer);
  }, [refused.value]);
  if (!refused.value) return html`<main class="signin"><${Spinner} /></main>`;
  const title = isStatus(refused.value, 403) ? t("accounts-ticket-void") : explain(refused.value).title;
  return html`<${EntryBox} title=${title} lead=${t("accounts-ticket-again")}>
    <${Button} class="to-kiosk" icon="back" onClick=${backToKiosk}>${t("web-kiosk-back")}<//>
  <//>`;
}
