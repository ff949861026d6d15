// @ts-check
import { html } from "../kit/html.js";
import { t } from "../kit/i18n.js";
import { Icon } from "../kit/components/icon.js";
import { Spinner } from "../kit/components/spinner.js";

/**
 * The page cannot reach the agent: nothing can be borrowed here until it answers again.
 * @param {{desk: import("../desk.js").Desk}} props
 */
export function LostOverlay({ desk }) {
  if (!desk.lost.value) {
    return desk.state.value ? null : html`<div class="k-lost"><${Spinner} label=${t("lost-starting")} /></div>`;
  }
  return html`<div class="k-lost" role="alert">
    <${Icon} name="device" />
    <h1>${t("lost-title")}</h1>
    <p>${t("lost-do")}</p>
    <${Spinner} label=${t("lost-retry")} />
  </div>`;
}
