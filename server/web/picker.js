// @ts-check
import { classes, html, useEffect, useId, useRef, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Icon } from "/kit/kit.js";
import { get } from "/web/api.js";
import { explain } from "/web/refusals.js";

const SETTLE_MS = 150;
const SHOWN = 8;

/**
 * @template Row
 * @typedef {object} PickerProps
 * @property {string} label
 * @property {string} path list to search in
 * @property {import("/web/api.js").Query} [query] narrows the list
 * @property {Row | null} value
 * @property {(row: Row | null) => void} onPick
 * @property {(row: Row) => { title: string, detail: string }} describe
 * @property {string} [placeholder]
 * @property {string} [error]
 * @property {boolean} [autofocus]
 */

/**
 * Find one row of a list by typing (ARIA combobox).
 *
 * @template {{ id: string }} Row
 * @param {PickerProps<Row>} props
 */
export function Picker({ label, path, query = {}, value, onPick, describe, placeholder, error, autofocus }) {
  const id = useId();
  const typed = useSignal("");
  const found = useSignal(/** @type {{ text: string, rows: Row[] } | null} */ (null));
  const trouble = useSignal("");
  const at = useSignal(0);
  // The text whose first row Enter has chosen, while its list has not come.
  const chosen = useRef("");
  const text = typed.value.trim();

  /** @param {Row} row */
  const pick = (row) => {
    chosen.current = "";
    onPick(row);
  };

  useEffect(() => {
    if (value) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        /** @type {import("/web/loading.js").Page<Row>} */
        const page = await get(path, { ...query, search: text, limit: SHOWN }, abort.signal);
        found.value = { text, rows: page.items };
        trouble.value = "";
        at.value = 0;
        if (text && chosen.current === text && page.items[0]) pick(page.items[0]);
      } catch (problem) {
        if (!abort.signal.aborted) trouble.value = explain(problem).title;
      }
    }, SETTLE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, value === null]);

  if (value) {
    const { title, detail } = describe(value);
    return html`<div class="g-field">
      <span class="g-field-label">${label}</span>
      <div class="picked">
        <span><strong>${title}</strong> <span class="muted">${detail}</span></span>
        <${Button} small kind="quiet" icon="close" label=${t("web-pick-again")} onClick=${() => onPick(null)} />
      </div>
    </div>`;
  }
  const rows = found.value?.rows ?? [];
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") at.value = Math.min(at.value + 1, rows.length - 1);
    else if (event.key === "ArrowUp") at.value = Math.max(at.value - 1, 0);
    else if (event.key === "Enter" && found.value?.text !== typed.value.trim()) chosen.current = typed.value.trim();
    else if (event.key === "Enter" && rows[at.value]) pick(rows[at.value]);
    else return;
    event.preventDefault();
  };
  return html`<div class="g-field">
    <label class="g-field-label" for=${id}>${label}</label>
    <input
      id=${id}
      class="g-input"
      role="combobox"
      aria-expanded="true"
      aria-controls=${`${id}-list`}
      aria-activedescendant=${rows[at.value] ? `${id}-${at.value}` : undefined}
      aria-invalid=${error ? "true" : undefined}
      autocomplete="off"
      autofocus=${autofocus}
      placeholder=${placeholder}
      value=${typed.value}
      onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ event) => {
        typed.value = event.currentTarget.value;
        chosen.current = "";
      }}
      onKeyDown=${onKey}
    />
    ${error && html`<p class="g-field-error" role="alert"><${Icon} name="alert" />${error}</p>`}
    ${trouble.value && html`<p class="g-field-error" role="alert"><${Icon} name="alert" />${trouble.value}</p>`}
    <ul class="picker-list" id=${`${id}-list`} role="listbox" aria-label=${label}>
      ${rows.map((row, index) => {
        const { title, detail } = describe(row);
        return html`<li
          key=${row.id}
          id=${`${id}-${index}`}
          role="option"
          aria-selected=${String(index === at.value)}
          class=${classes("picker-row", index === at.value && "picker-row-at")}
          onPointerDown=${(/** @type {Event} */ event) => event.preventDefault()}
          onClick=${() => pick(row)}
        ><strong>${title}</strong><span class="muted">${detail}</span></li>`;
      })}
    </ul>
    ${found.value && rows.length === 0 && html`<p class="g-field-hint">${t("web-nothing-found")}</p>`}
  </div>`;
}
