// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button } from "/kit/kit.js";

const SHOWN_MS = 2_000;

/**
 * Puts a text on the clipboard.
 * @param {{ text: string }} props
 */
export function CopyButton({ text }) {
  const copied = useSignal(false);
  const copy = async () => {
    await putOnClipboard(text);
    copied.value = true;
    setTimeout(() => (copied.value = false), SHOWN_MS);
  };
  return html`<${Button} icon=${copied.value ? "check" : "copy"} onClick=${() => void copy()}
    ><span role="status">${copied.value ? t("web-copied") : t("web-copy")}</span><//
  >`;
}

/**
 * On plain http in a LAN the clipboard API is missing; selecting and copying still works.
 * @param {string} text
 */
async function putOnClipboard(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
