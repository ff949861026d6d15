// @ts-check
import { html } from "../html.js";
import { t } from "../i18n.js";
import { Icon } from "./icon.js";

/**
 * Work is under way.
 * @param {{label?: string}} props
 */
export function Spinner({ label }) {
  return html`<span class="g-spinner" role="status"><${Icon} name="spinner" />${label ?? t("kit-loading")}</span>`;
}
