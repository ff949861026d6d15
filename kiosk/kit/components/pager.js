// @ts-check
import { html } from "../html.js";
import { formatNumber, t } from "../i18n.js";
import { Button } from "./button.js";

/**
 * Pages by cursor: there is a next one or not, and the way back is known to the caller.
 *
 * @param {object} props
 * @param {number} props.shown rows now on the page
 * @param {number | null} [props.total] all rows, where the server counted them
 * @param {(() => void) | null} [props.onPrevious] null on the first page
 * @param {(() => void) | null} [props.onNext] null on the last page
 */
export function Pager({ shown, total = null, onPrevious = null, onNext = null }) {
  return html`<nav class="g-pager" aria-label=${t("kit-pages")}>
    <span>${
      total === null
        ? t("kit-shown", { shown: formatNumber(shown) })
        : t("kit-shown-of", { shown: formatNumber(shown), total: formatNumber(total) })
    }</span>
    ${
      (onPrevious || onNext) &&
      html`<${Button} small icon="chevronLeft" disabled=${!onPrevious} onClick=${onPrevious ?? undefined}>${t("kit-previous")}<//>
        <${Button} small disabled=${!onNext} onClick=${onNext ?? undefined}>${t("kit-next")}<//>`
    }
  </nav>`;
}
