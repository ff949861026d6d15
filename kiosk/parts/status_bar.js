// @ts-check
import { html } from "../kit/html.js";
import { formatNumber, t, tOr } from "../kit/i18n.js";
import { Icon } from "../kit/components/icon.js";

/**
 * How the terminal itself is: readers and the way to the server. Calm unless something is to be done.
 * @param {{state: import("../messages.js").State}} props
 */
export function StatusBar({ state }) {
  const usable = state.readers.some((reader) => reader.state === "ready");
  return html`<footer class="k-status">
    <ul>
      ${state.readers.map((reader) => html`<${ReaderStatus} key=${reader.reader} reader=${reader} needed=${!usable} />`)}
      <${LinkStatus} link=${state.link} />
    </ul>
  </footer>`;
}

/**
 * @param {{reader: import("../messages.js").Reader, needed: boolean}} props
 *   `needed` means that no other reader works
 */
function ReaderStatus({ reader, needed }) {
  const ready = reader.state === "ready";
  return html`<li class=${ready ? "" : needed ? "k-status-bad" : "k-status-calm"}>
    <${Icon} name=${ready ? "reader" : "alert"} />
    <span>${tOr(`driver-${reader.driver}`, "driver-other", { name: reader.reader })}</span>
    <strong>${
      ready
        ? t("reader-ready")
        : tOr(`reader-${reader.message || reader.state}`, `reader-${reader.state}`)
    }</strong>
  </li>`;
}

/** @param {{link: import("../messages.js").Link}} props */
function LinkStatus({ link }) {
  const count = { count: link.waiting, shown: formatNumber(link.waiting) };
  if (link.online) {
    return html`<li>
      <${Icon} name="link" /><span>${t("link-server")}</span>
      <strong>${link.waiting ? t("link-sending", count) : t("link-online")}</strong>
    </li>`;
  }
  return html`<li class="k-status-calm">
    <${Icon} name="linkOff" /><span>${t("link-offline")}</span>
    <strong>${link.waiting ? t("link-kept-waiting", count) : t("link-kept")}</strong>
  </li>`;
}
