// @ts-check
import { html } from "../kit/html.js";
import { t, tOr } from "../kit/i18n.js";
import { Flood } from "../parts/flood.js";

/**
 * The card belongs to nobody: its number to read out, and what to do.
 * @param {{desk: import("../desk.js").Desk, screen: import("../messages.js").UnknownCard,
 *   state: import("../messages.js").State}} props
 */
export function UnknownCard({ desk, screen, state }) {
  const { card, problem } = screen;
  return html`<${Flood}
    desk=${desk}
    tone="error"
    icon="cardUnknown"
    title=${problem ? t("unknown-never-title") : t("unknown-title")}
    endsMs=${screen.ends_ms}
    leave=${t("leave-close")}
    pulse=${state.feedback?.number}
  >
    ${problem && html`<p class="k-flood-do">${tOr(`unknown-${problem}`, "unknown-never")}</p>`}
    <p class="k-flood-do">${t(problem ? "unknown-never-do" : "unknown-do")}</p>
    <p class="k-uid"><span>${t("unknown-number")}</span><strong class="g-code">${groups(card)}</strong></p>
  <//>`;
}

/**
 * In fours, as such numbers are read out.
 * @param {string} uid
 */
function groups(uid) {
  return (uid.match(/.{1,4}/g) ?? []).join(" ");
}
