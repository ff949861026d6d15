// @ts-check
import { html } from "../kit/html.js";
import { t, tOr } from "../kit/i18n.js";
import { Flood } from "../parts/flood.js";
import { ItemPlate } from "../parts/item_plate.js";

/**
 * A rule says no, before anything happened: the reason, and what to do.
 * @param {{desk: import("../desk.js").Desk, screen: import("../messages.js").Refused,
 *   state: import("../messages.js").State}} props
 */
export function Refused({ desk, screen, state }) {
  const { reason, item, person } = screen;
  return html`<${Flood}
    desk=${desk}
    tone="error"
    icon="stop"
    verb=${t("verb-refused")}
    title=${tOr(`refused-${reason}`, "refused-other")}
    endsMs=${screen.ends_ms}
    leave=${t("leave-close")}
    pulse=${state.feedback?.number}
  >
    <p class="k-flood-do">${tOr(`refused-${reason}-do`, "refused-other-do")}</p>
    ${item && html`<${ItemPlate} item=${item} />`}
    ${person && html`<p class="k-flood-who">${t("session-hello", { name: person.name })} <span class="g-code">${person.code}</span></p>`}
  <//>`;
}
