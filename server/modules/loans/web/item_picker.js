// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Picker } from "/web/picker.js";
import { describeItem } from "./words.js";

/**
 * Find an item by name or code.
 *
 * @param {object} props
 * @param {import("./words.js").Item | null} props.value
 * @param {(item: import("./words.js").Item | null) => void} props.onPick
 * @param {import("/web/api.js").Query} [props.query] narrows the list
 * @param {string} [props.error]
 * @param {boolean} [props.autofocus]
 */
export function ItemPicker({ value, onPick, query, error, autofocus }) {
  return html`<${Picker}
    label=${t("loans-item")}
    path="items"
    query=${query ?? {}}
    value=${value}
    onPick=${onPick}
    describe=${describeItem}
    placeholder=${t("loans-items-search")}
    error=${error}
    autofocus=${autofocus}
  />`;
}
