// @ts-check
import { html, useRef } from "../kit/html.js";
import { t } from "../kit/i18n.js";

/**
 * A bar that runs out when the screen ends; any touch fills it again (the agent says how far).
 * @param {{desk: import("../desk.js").Desk, endsMs: number}} props
 */
export function Countdown({ desk, endsMs }) {
  const whole = useRef(endsMs);
  whole.current = Math.max(whole.current, endsMs, 1);
  const left = desk.left(endsMs);
  return html`<div class="k-countdown" role="timer" aria-label=${t("ends-in", { seconds: Math.ceil(left / 1000) })}>
    <span style=${{ transform: `scaleX(${left / whole.current})` }} />
  </div>`;
}
