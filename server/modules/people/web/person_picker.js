// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Picker } from "/web/picker.js";
import { describePerson } from "./words.js";

/**
 * Find a person by name, reading or code.
 *
 * @param {object} props
 * @param {import("./words.js").Person | null} props.value
 * @param {(person: import("./words.js").Person | null) => void} props.onPick
 * @param {string} [props.error]
 * @param {boolean} [props.autofocus]
 */
export function PersonPicker({ value, onPick, error, autofocus }) {
  return html`<${Picker}
    label=${t("people-person")}
    path="people"
    query=${{ status: "active" }}
    value=${value}
    onPick=${onPick}
    describe=${describePerson}
    placeholder=${t("people-search")}
    error=${error}
    autofocus=${autofocus}
  />`;
}
