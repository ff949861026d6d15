// @ts-check
import { html } from "../kit/html.js";
import { t, tOr } from "../kit/i18n.js";

/**
 * Says the result aloud to a screen reader, once for each tap.
 * @param {{state: import("../messages.js").State}} props
 */
export function Announcer({ state }) {
  return html`<p class="g-hidden" role="status" aria-live="assertive">${sentence(state.screen)}</p>`;
}

/** @param {import("../messages.js").Screen} screen */
function sentence(screen) {
  switch (screen.type) {
    case "ask_person":
      return t("ask-title");
    case "session":
    case "done": {
      const line = screen.lines[0];
      if (line) return t(`said-${line.what}`, { item: line.item.name });
      return screen.type === "session" ? t("session-hello", { name: screen.person.name }) : "";
    }
    case "unknown_card":
      return t("unknown-title");
    case "refused":
      return tOr(`refused-${screen.reason}`, "refused-other");
    case "failed":
      return t("failed-title");
    default:
      return "";
  }
}
