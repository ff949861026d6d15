// @ts-check
import { classes, html } from "../kit/html.js";
import { t } from "../kit/i18n.js";
import { Flood } from "../parts/flood.js";
import { ItemPlate } from "../parts/item_plate.js";

/**
 * Items lie ready; whose are they to be?
 * @param {{desk: import("../desk.js").Desk, screen: import("../messages.js").AskPerson,
 *   state: import("../messages.js").State}} props
 */
export function AskPerson({ desk, screen, state }) {
  return html`<${Flood}
    desk=${desk}
    tone="ask"
    icon="card"
    title=${t("ask-title")}
    endsMs=${screen.ends_ms}
    leave=${t("leave-cancel")}
    pulse=${state.feedback?.number}
  >
    <p class="k-flood-do">${t("ask-more")}</p>
    <ul class=${classes("k-plates", screen.items.length > 2 && "k-plates-many")} aria-label=${t("ask-items")}>
      ${screen.items.map((item) => html`<li key=${item.id}><${ItemPlate} item=${item} /></li>`)}
    </ul>
  <//>`;
}
