// @ts-check
import { html, useEffect, useRef } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";

/**
 * A search box. Esc or the cross empties it.
 *
 * @param {object} props
 * @param {string} props.value
 * @param {(value: string) => void} props.onInput every change; the caller waits as it likes
 * @param {string} [props.label] accessible name and placeholder
 * @param {boolean} [props.shortcut] the key "/" focuses it from anywhere in the page
 * @param {boolean} [props.autofocus]
 */
export function SearchField({ value, onInput, label, shortcut = false, autofocus = false }) {
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  const name = label ?? t("kit-search");
  useEffect(() => {
    if (!shortcut) return undefined;
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (event.key !== "/" || event.isComposing || target.matches("input, textarea, select")) return;
      event.preventDefault();
      box.current?.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [shortcut]);
  return html`<div class="g-search" role="search">
    <${Icon} name="search" />
    <input
      ref=${box}
      class="g-input"
      type="search"
      value=${value}
      placeholder=${name}
      aria-label=${name}
      autocomplete="off"
      autofocus=${autofocus}
      onInput=${(/** @type {{currentTarget: {value: string}}} */ event) => onInput(event.currentTarget.value)}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
        // Esc inside an input method belongs to the input method.
        if (event.key === "Escape" && !event.isComposing && value) {
          event.preventDefault();
          event.stopPropagation();
          onInput("");
        }
      }}
    />
    ${value && html`<${Button} kind="quiet" icon="close" label=${t("kit-clear")} onClick=${() => {
      onInput("");
      box.current?.focus();
    }} />`}
  </div>`;
}
