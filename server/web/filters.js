// @ts-check
// Filters of a list. They are kept in the address.

import { html, useEffect, useRef, useSignal } from "/kit/html.js";
import { SearchField } from "/kit/kit.js";
import { place, refine } from "/web/router.js";

const SETTLE_MS = 200;

/**
 * Free text; `/` jumps to it.
 * @param {{ label: string, name?: string }} props
 */
export function SearchFilter({ label, name = "search" }) {
  const applied = place.value.query[name] ?? "";
  const typed = useSignal(applied);
  // What this box itself applied must not overwrite what is typed meanwhile.
  const sent = useRef(applied);
  useEffect(() => {
    if (applied !== sent.current) typed.value = applied;
    sent.current = applied;
  }, [applied]);
  const value = typed.value;
  useEffect(() => {
    if (value === applied) return undefined;
    const timer = setTimeout(() => {
      sent.current = value;
      refine({ [name]: value });
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return html`<${SearchField}
    value=${value}
    label=${label}
    shortcut
    onInput=${(/** @type {string} */ text) => (typed.value = text)}
  />`;
}

/**
 * One of a few; the first option is "all" with the empty value.
 *
 * @param {object} props
 * @param {string} props.label
 * @param {string} props.name
 * @param {readonly { value: string, label: string }[]} props.options
 */
export function ChoiceFilter({ label, name, options }) {
  const value = place.value.query[name] ?? "";
  return html`<label class="choice">
    <span class="choice-label">${label}</span>
    <select
      class="g-input"
      value=${value}
      onChange=${(/** @type {{ currentTarget: HTMLSelectElement }} */ event) => refine({ [name]: event.currentTarget.value })}
    >
      ${options.map(
        (option) =>
          html`<option key=${option.value} value=${option.value} selected=${option.value === value}>${option.label}</option>`,
      )}
    </select>
  </label>`;
}

/**
 * From or until a day, in the site's zone.
 * @param {{ label: string, name: string }} props
 */
export function DayFilter({ label, name }) {
  return html`<label class="choice">
    <span class="choice-label">${label}</span>
    <input
      class="g-input"
      type="date"
      value=${place.value.query[name] ?? ""}
      onChange=${(/** @type {{ currentTarget: HTMLInputElement }} */ event) => refine({ [name]: event.currentTarget.value })}
    />
  </label>`;
}

/** @param {{ children?: import("/vendor/preact.js").ComponentChildren }} props */
export function Filters({ children }) {
  return html`<div class="filters">${children}</div>`;
}
