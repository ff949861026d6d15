// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button } from "/kit/kit.js";
import { leaveForKiosk } from "/web/kiosk.js";

/** Signs out and leads back to the kiosk's own page. */
export function KioskButton() {
  return html`<${Button} class="to-kiosk" icon="back" onClick=${() => void leaveForKiosk().catch(() => undefined)}>${t("web-kiosk-back")}<//>`;
}
