// @ts-check
import { html } from "../kit/html.js";
import { t } from "../kit/i18n.js";
import { Button } from "../kit/components/button.js";

const ROWS = ["1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm.:/"];
const LONGEST = 200;

/**
 * A server's address, by the keys on the screen (a kiosk has no others) or by a keyboard.
 *
 * @param {object} props
 * @param {string} props.value
 * @param {(value: string) => void} props.onInput
 * @param {() => void} props.onDone
 * @param {() => void} props.onBack
 */
export function AddressPad({ value, onInput, onDone, onBack }) {
  const type = (/** @type {string} */ text) => onInput((value + text).slice(0, LONGEST));
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (value.trim()) onDone();
  };
  return html`<form class="k-pad-form" onSubmit=${submit}>
    <div class="k-pad-top">
      <${Button} icon="back" onClick=${onBack}>${t("pair-back")}<//>
      <input
        class="g-input g-code k-pad-field"
        value=${value}
        maxlength=${LONGEST}
        aria-label=${t("pair-address")}
        placeholder="genba.local"
        autocomplete="off"
        autocapitalize="off"
        spellcheck=${false}
        inputmode="url"
        onInput=${(/** @type {{currentTarget: {value: string}}} */ event) => onInput(event.currentTarget.value)}
      />
      <${Button} kind="primary" type="submit" icon="link" disabled=${!value.trim()}>${t("pair-connect")}<//>
    </div>
    <p class="k-pair-hint">${t("pair-address-hint")}</p>
    <div class="k-pad">
      ${ROWS.map(
        (row) => html`<div key=${row} class="k-pad-row">
          ${[...row].map((key) => html`<button key=${key} type="button" class="k-key g-code" onClick=${() => type(key)}>${key}</button>`)}
        </div>`,
      )}
      <div class="k-pad-row">
        <button type="button" class="k-key k-key-wide g-code" onClick=${() => type(".local")}>.local</button>
        <button type="button" class="k-key k-key-wide" onClick=${() => onInput(value.slice(0, -1))}>${t("pair-delete")}</button>
      </div>
    </div>
  </form>`;
}
