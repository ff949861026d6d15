// @ts-check
import { html } from "../kit/html.js";
import { t } from "../kit/i18n.js";
import { Button } from "../kit/components/button.js";
import { Icon } from "../kit/components/icon.js";
import { TONE_ICONS } from "../kit/components/tone.js";

/**
 * What was done here, newest first, each with its undo while that lasts.
 * @param {{desk: import("../desk.js").Desk, lines: import("../messages.js").Line[]}} props
 */
export function LineList({ desk, lines }) {
  return html`<ol class="k-lines">
    ${lines.map(
      (line) => html`<li key=${line.fact} class=${`k-line g-tone-${line.what}`}>
        <span class="k-line-mark"><${Icon} name=${TONE_ICONS[line.what]} />${t(`verb-${line.what}`)}</span>
        <span class="k-line-item">
          <strong>${line.item.name}</strong>
          <span class="g-code">${line.item.code}</span>
        </span>
        <${UndoButton} desk=${desk} line=${line} />
      </li>`,
    )}
  </ol>`;
}

/**
 * @param {{desk: import("../desk.js").Desk, line: import("../messages.js").Line, since?: number}} props
 *   `since` is when the line was sent, if not with the last State
 */
export function UndoButton({ desk, line, since }) {
  const left = desk.left(line.undo_ms, since);
  if (left <= 0 || line.what === "undone") return null;
  const seconds = Math.ceil(left / 1000);
  return html`<${Button}
    class="k-undo"
    icon="undo"
    label=${t("undo-what", { item: line.item.name, seconds })}
    onClick=${() => desk.send({ type: "undo", fact: line.fact })}
  ><span>${t("undo")}</span><small>${t("seconds", { seconds })}</small><//>`;
}
