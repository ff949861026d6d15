// @ts-check
import { html, useSignal } from "/kit/html.js";
import { formatNumber, t } from "/kit/i18n.js";
import { Button, Dialog, Notice, Spinner, Table, toast } from "/kit/kit.js";
import { postCsv } from "/web/api.js";
import { decodeCsv } from "/web/csv_text.js";
import { explain, words } from "/web/refusals.js";

/**
 * @typedef {object} ImportReport
 * @property {number} rows
 * @property {number} created
 * @property {number} changed
 * @property {number} unchanged
 * @property {import("/web/api.js").FieldError[]} errors
 * @property {boolean} dry_run
 */

/**
 * Reads a CSV file in two steps: what would happen, then doing it. Nothing is written while a
 * single row is wrong.
 *
 * @param {object} props
 * @param {string} props.title
 * @param {string} props.path such as `people/import`
 * @param {string} props.columns the columns, as the first line of the file
 * @param {string} props.template address of a file to start from
 * @param {() => void} props.onClose
 */
export function CsvImport({ title, path, columns, template, onClose }) {
  const file = useSignal(/** @type {{ name: string, text: string } | null} */ (null));
  const preview = useSignal(/** @type {ImportReport | null} */ (null));
  const problem = useSignal(/** @type {{ title: string, detail: string } | null} */ (null));
  const busy = useSignal(false);

  /** @param {boolean} dry */
  const send = async (dry) => {
    if (!file.value) return;
    busy.value = true;
    problem.value = null;
    try {
      /** @type {ImportReport} */
      const report = await postCsv(path, file.value.text, { dry_run: dry });
      if (dry || report.errors.length > 0) {
        preview.value = report;
        return;
      }
      toast(t("web-import-done", { created: report.created, changed: report.changed }));
      onClose();
    } catch (error) {
      problem.value = explain(error);
    } finally {
      busy.value = false;
    }
  };

  /** @param {File | undefined} chosen */
  const choose = async (chosen) => {
    if (!chosen) return;
    preview.value = null;
    const text = decodeCsv(await chosen.arrayBuffer());
    if (text === null) {
      file.value = null;
      problem.value = { title: t("web-import-unreadable"), detail: t("web-import-unreadable-detail") };
      return;
    }
    file.value = { name: chosen.name, text };
    await send(true);
  };

  const report = preview.value;
  const ready = report !== null && report.errors.length === 0 && report.created + report.changed > 0;
  return html`<${Dialog}
    title=${title}
    wide
    keep
    onClose=${onClose}
    actions=${html`<${Button} onClick=${onClose}>${t("kit-cancel")}<//>
      <${Button} kind="primary" icon="upload" disabled=${!ready} busy=${busy.value && ready} onClick=${() => void send(false)}
        >${t("web-import-submit")}<//>`}
  >
    <p>${t("web-import-how")} <a href=${template} download>${t("web-import-template")}</a></p>
    <pre class="g-code command">${columns}</pre>
    <label class="file">
      <span class="g-field-label">${t("web-import-file")}</span>
      <input
        type="file"
        accept=".csv,text/csv"
        onChange=${(/** @type {{ currentTarget: HTMLInputElement }} */ event) => {
          const [chosen] = event.currentTarget.files ?? [];
          // The same file may be chosen again after it was mended.
          void choose(chosen).finally(() => (event.currentTarget ? (event.currentTarget.value = "") : undefined));
        }}
      />
    </label>
    ${busy.value && html`<${Spinner} label=${t("web-import-checking")} />`}
    ${problem.value && html`<${Notice} tone="error" live title=${problem.value.title}>${problem.value.detail}<//>`}
    ${report && html`<${Preview} report=${report} name=${file.value?.name ?? ""} />`}
  <//>`;
}

/** @param {{ report: ImportReport, name: string }} props */
function Preview({ report, name }) {
  const { rows, created, changed, unchanged, errors } = report;
  return html`
    <dl class="counts">
      ${[
        [t("web-import-rows"), rows],
        [t("web-import-created"), created],
        [t("web-import-changed"), changed],
        [t("web-import-unchanged"), unchanged],
        [t("web-import-errors"), errors.length],
      ].map(([label, count]) => html`<div key=${label}><dt>${label}</dt><dd>${formatNumber(Number(count))}</dd></div>`)}
    </dl>
    ${
      errors.length === 0
        ? html`<${Notice} tone="returned" icon="check" live title=${t("web-import-fine", { name })}>
            ${created + changed === 0 ? t("web-import-nothing") : t("web-import-fine-detail")}
          <//>`
        : html`<${Notice} tone="error" live title=${t("web-import-wrong", { count: errors.length })}>${t("web-import-wrong-detail")}<//>
            <${Table}
              caption=${t("web-import-errors")}
              rows=${errors}
              rowKey=${(/** @type {import("/web/api.js").FieldError} */ row) => `${row.line} ${row.field}`}
              columns=${[
                { key: "line", title: t("web-import-line"), right: true, draw: (/** @type {import("/web/api.js").FieldError} */ row) => row.line },
                { key: "field", title: t("web-import-column"), draw: (/** @type {import("/web/api.js").FieldError} */ row) => html`<code class="g-code">${row.field}</code>` },
                { key: "message", title: t("web-import-why"), draw: (/** @type {import("/web/api.js").FieldError} */ row) => words(row.message) },
              ]}
            />`
    }
  `;
}
