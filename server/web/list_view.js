// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, EmptyState, Pager, Table } from "/kit/kit.js";
import { Trouble } from "/web/trouble.js";
import { place, refine } from "/web/router.js";

/**
 * A list as a page shows it: rows, or why there are none, and the way to the next ones.
 *
 * @template Row
 * @param {object} props
 * @param {import("/web/loading.js").ListState<Row>} props.list
 * @param {readonly import("/kit/components/table.js").Column<Row>[]} props.columns
 * @param {(row: Row) => string} props.rowKey
 * @param {string} props.caption
 * @param {(row: Row) => void} [props.onRow]
 * @param {import("/vendor/preact.js").ComponentChildren} props.empty when there is nothing at all
 */
export function ListView({ list, columns, rowKey, caption, onRow, empty }) {
  const filters = Object.keys(place.value.query).filter((name) => place.value.query[name]);
  if (list.error && list.rows.length === 0) {
    return html`<${Trouble} error=${list.error} onRetry=${list.reload} />`;
  }
  const nothing =
    filters.length === 0
      ? empty
      : html`<${EmptyState}
          title=${t("web-nothing-found")}
          icon="search"
          actions=${html`<${Button} onClick=${() => refine(Object.fromEntries(filters.map((name) => [name, ""])))}>${t("web-clear-filters")}<//>`}
        >${t("web-nothing-found-detail")}<//>`;
  return html`
    ${list.error && html`<${Trouble} error=${list.error} onRetry=${list.reload} />`}
    <${Table}
      columns=${columns}
      rows=${list.rows}
      rowKey=${rowKey}
      caption=${caption}
      onRow=${onRow}
      loading=${list.loading}
      changed=${list.changed}
      empty=${html`<div class="panel">${nothing}</div>`}
    />
    ${list.rows.length > 0 && html`<${Pager} shown=${list.rows.length} total=${list.total} onNext=${list.next} onPrevious=${list.previous} />`}
  `;
}
