// @ts-check
import { html } from "../kit/html.js";
import { t } from "../kit/i18n.js";
import { TONE_ICONS } from "../kit/components/tone.js";
import { Flood } from "../parts/flood.js";
import { LineList, UndoButton } from "../parts/line_list.js";

/**
 * Items came back, or something was undone, with nobody's card shown.
 * @param {{desk: import("../desk.js").Desk, screen: import("../messages.js").Done,
 *   state: import("../messages.js").State}} props
 */
export function Done({ desk, screen, state }) {
  const [newest, ...earlier] = screen.lines;
  if (!newest) return null;
  return html`<${Flood}
    desk=${desk}
    tone=${newest.what}
    icon=${TONE_ICONS[newest.what]}
    verb=${t(`verb-${newest.what}`)}
    title=${newest.item.name}
    endsMs=${screen.ends_ms}
    leave=${t("leave-close")}
    pulse=${`${state.feedback?.number}-${newest.fact}-${newest.what}`}
  >
    <p class="k-flood-do">
      <span class="g-code">${newest.item.code}</span>
      ${newest.item.place && newest.what === "returned" && html` ${t("done-place", { place: newest.item.place })}`}
    </p>
    ${newest.borrower && html`<p class="k-flood-do">${t("done-borrower", { name: newest.borrower.name })}</p>`}
    <div class="k-flood-act"><${UndoButton} desk=${desk} line=${newest} /></div>
    ${earlier.length > 0 && html`<${LineList} desk=${desk} lines=${earlier} />`}
  <//>`;
}
