// @ts-check
import { html } from "../html.js";
import { Button } from "./button.js";

/**
 * One choice of a few, all visible: tabs of a list, a filter, the language.
 *
 * @param {object} props
 * @param {string} props.label accessible name of the group
 * @param {string} props.value
 * @param {readonly {value: string, label: string, lang?: string}[]} props.options
 * @param {(value: string) => void} props.onChange
 */
export function Segmented({ label, value, options, onChange }) {
  return html`<div class="g-segmented" role="group" aria-label=${label}>
    ${options.map(
      (option) => html`<${Button}
        key=${option.value}
        lang=${option.lang}
        pressed=${option.value === value}
        onClick=${() => onChange(option.value)}
      >${option.label}<//>`,
    )}
  </div>`;
}
