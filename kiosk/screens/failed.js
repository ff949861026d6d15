// @ts-check
import { html } from "../kit/html.js";
import { t, tOr } from "../kit/i18n.js";
import { Flood } from "../parts/flood.js";

/**
 * The agent could not write the tap down, so nothing happened.
 * @param {{desk: import("../desk.js").Desk, screen: import("../messages.js").Failed,
 *   state: import("../messages.js").State}} props
 */
export function Failed({ desk, screen, state }) {
  return html`<${Flood}
    desk=${desk}
    tone="error"
    icon="disk"
    title=${t("failed-title")}
    endsMs=${screen.ends_ms}
    leave=${t("leave-close")}
    pulse=${state.feedback?.number}
  >
    <p class="k-flood-title-second">${tOr(`failed-${screen.code}`, "failed-other")}</p>
    <p class="k-flood-do">${t("failed-do")}</p>
  <//>`;
}
