// @ts-check
import { html, useId } from "../html.js";
import { t } from "../i18n.js";
import { Icon } from "./icon.js";

/**
 * @typedef {object} FieldProps
 * @property {string} label
 * @property {string} [hint] what is expected
 * @property {string} [error] what is wrong, and what would be right
 * @property {boolean} [required]
 * @property {string} [name]
 * @property {boolean} [disabled]
 */

/**
 * @param {{id: string, label: string, hint?: string, error?: string, required?: boolean,
 *   children: import("../../vendor/preact.js").ComponentChildren}} props
 */
function Frame({ id, label, hint, error, required, children }) {
  return html`<div class="g-field">
    <label class="g-field-label" for=${id}
      >${label}${required && html`<span class="g-field-required">${t("kit-required")}</span>`}</label
    >
    ${children}
    ${hint && html`<p class="g-field-hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="g-field-error" id=${`${id}-error`} role="alert"><${Icon} name="alert" />${error}</p>`}
  </div>`;
}

/**
 * @param {string} id
 * @param {FieldProps} props
 */
function described(id, { hint, error, required, name, disabled }) {
  return {
    id,
    name,
    disabled,
    required,
    "aria-invalid": error ? "true" : undefined,
    "aria-describedby": [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined,
  };
}

/**
 * One line of text, or several with `rows`.
 *
 * @param {FieldProps & {value: string, onInput: (value: string) => void, type?: string,
 *   rows?: number, placeholder?: string, maxLength?: number, autofocus?: boolean,
 *   inputMode?: string, code?: boolean, autocomplete?: string}} props `code` writes in the code
 *   font; `autocomplete` names what a password manager may fill in
 */
export function TextField(props) {
  const id = useId();
  const shared = {
    ...described(id, props),
    class: props.code ? "g-input g-code" : "g-input",
    value: props.value,
    placeholder: props.placeholder,
    maxLength: props.maxLength,
    autofocus: props.autofocus,
    onInput: (/** @type {{currentTarget: {value: string}}} */ event) => props.onInput(event.currentTarget.value),
  };
  return html`<${Frame} id=${id} ...${props}>
    ${
      props.rows
        ? html`<textarea rows=${props.rows} ...${shared} />`
        : html`<input type=${props.type ?? "text"} inputmode=${props.inputMode} autocomplete=${props.autocomplete ?? "off"} ...${shared} />`
    }
  <//>`;
}

/**
 * One choice of many.
 *
 * @param {FieldProps & {value: string, onChange: (value: string) => void,
 *   options: readonly {value: string, label: string}[]}} props
 */
export function SelectField(props) {
  const id = useId();
  return html`<${Frame} id=${id} ...${props}>
    <select
      ...${described(id, props)}
      class="g-input"
      value=${props.value}
      onChange=${(/** @type {{currentTarget: {value: string}}} */ event) => props.onChange(event.currentTarget.value)}
    >
      ${props.options.map(
        (option) =>
          html`<option key=${option.value} value=${option.value} selected=${option.value === props.value}>${option.label}</option>`,
      )}
    </select>
  <//>`;
}

/**
 * Yes or no.
 *
 * @param {{label: string, checked: boolean, onChange: (checked: boolean) => void, name?: string,
 *   disabled?: boolean}} props
 */
export function CheckField({ label, checked, onChange, name, disabled }) {
  return html`<label class="g-check">
    <input
      type="checkbox"
      name=${name}
      checked=${checked}
      disabled=${disabled}
      onChange=${(/** @type {{currentTarget: {checked: boolean}}} */ event) => onChange(event.currentTarget.checked)}
    />
    <span>${label}</span>
  </label>`;
}
