// @ts-check
import { classes, html } from "../html.js";
import { t } from "../i18n.js";
import { Icon } from "./icon.js";

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} key
 * @property {string} title
 * @property {(row: Row) => import("../../vendor/preact.js").ComponentChildren} draw
 * @property {boolean} [right] numbers stand right
 * @property {boolean} [sortable]
 * @property {boolean} [main] the row's name: leads the card that a row becomes on a phone
 */

/**
 * A list of rows; on a phone each row becomes a small card.
 *
 * @template Row
 * @param {object} props
 * @param {readonly Column<Row>[]} props.columns
 * @param {readonly Row[]} props.rows
 * @param {(row: Row) => string} props.rowKey
 * @param {string} props.caption read by screen readers; shown with `showCaption`
 * @param {boolean} [props.showCaption]
 * @param {(row: Row) => void} [props.onRow] press, Enter or Space on a row opens it
 * @param {{key: string, down: boolean}} [props.sort]
 * @param {(sort: {key: string, down: boolean}) => void} [props.onSort]
 * @param {boolean} [props.loading] shows grey rows while there is nothing yet
 * @param {ReadonlySet<string>} [props.changed] keys of rows that just changed; they light up briefly
 * @param {import("../../vendor/preact.js").ComponentChildren} [props.empty] instead of no rows
 */
export function Table({
  columns,
  rows,
  rowKey,
  caption,
  showCaption = false,
  onRow,
  sort,
  onSort,
  loading = false,
  changed,
  empty,
}) {
  if (!loading && rows.length === 0 && empty) return empty;
  return html`<div class="g-table-frame">
    <table class="g-table g-table-stacks" aria-busy=${loading ? "true" : undefined}>
      <caption class=${showCaption ? "" : "g-hidden"}>${caption}</caption>
      <thead>
        <tr>
          ${columns.map(
            (column) => html`<th
              key=${column.key}
              scope="col"
              class=${column.right ? "g-right" : ""}
              aria-sort=${sort?.key === column.key ? (sort.down ? "descending" : "ascending") : undefined}
            >${
              column.sortable && onSort
                ? html`<button type="button" class="g-table-sort" onClick=${() =>
                    onSort({ key: column.key, down: sort?.key === column.key ? !sort.down : false })}>
                    ${column.title}
                    ${sort?.key === column.key && html`<${Icon} name=${sort.down ? "chevronDown" : "chevronUp"} />`}
                  </button>`
                : column.title
            }</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${
          loading && rows.length === 0
            ? [0, 1, 2, 3, 4].map(
                (line) => html`<tr key=${line}>${columns.map((column) => html`<td key=${column.key}><span class="g-skeleton" /></td>`)}</tr>`,
              )
            : rows.map((row) => {
                const key = rowKey(row);
                return html`<tr
                  key=${key}
                  class=${classes(changed?.has(key) && "g-changed")}
                  tabindex=${onRow ? 0 : undefined}
                  onClick=${onRow && ((/** @type {MouseEvent} */ event) => openRow(event, () => onRow(row)))}
                  onKeyDown=${
                    onRow &&
                    ((/** @type {KeyboardEvent} */ event) => {
                      if (event.target !== event.currentTarget || !["Enter", " "].includes(event.key)) return;
                      event.preventDefault();
                      onRow(row);
                    })
                  }
                >${columns.map(
                  (column) => html`<td
                    key=${column.key}
                    data-label=${column.title}
                    class=${classes(column.right && "g-right", column.main && "g-table-title")}
                  >${column.draw(row)}</td>`,
                )}</tr>`;
              })
        }
      </tbody>
    </table>
    ${loading && html`<span class="g-hidden" role="status">${t("kit-loading")}</span>`}
  </div>`;
}

/**
 * A press on a button or link inside the row is not a press on the row, and neither is selecting text.
 * @param {MouseEvent} event
 * @param {() => void} open
 */
function openRow(event, open) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.closest("a, button, input, select, label") || getSelection()?.toString()) return;
  open();
}
