// @ts-check
import { html } from "../kit/html.js";
import { Icon } from "../kit/components/icon.js";

/**
 * An item as on its name plate.
 * @param {{item: import("../messages.js").Item}} props
 */
export function ItemPlate({ item }) {
  const about = [item.category, item.place].filter(Boolean).join("・");
  return html`<div class="k-plate">
    <${Icon} name="tool" />
    <p><strong>${item.name}</strong><span><span class="g-code">${item.code}</span>${about && ` ${about}`}</span></p>
  </div>`;
}
