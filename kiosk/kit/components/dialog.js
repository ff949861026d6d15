// @ts-check
import { classes, html, useEffect, useId, useRef } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "./button.js";

/**
 * A modal dialog on the browser's own <dialog>: focus stays inside, Esc closes, focus returns.
 * Mount it when it is to be seen, unmount it from `onClose`.
 *
 * @param {object} props
 * @param {string} props.title
 * @param {() => void} props.onClose Esc, the cross, or a press outside
 * @param {boolean} [props.wide]
 * @param {boolean} [props.keep] a press outside does not close (forms with input)
 * @param {import("../../vendor/preact.js").ComponentChildren} [props.actions] buttons at the foot
 * @param {import("../../vendor/preact.js").ComponentChildren} [props.children]
 */
export function Dialog({ title, onClose, wide = false, keep = false, actions, children }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const heading = useId();
  useEffect(() => {
    const element = box.current;
    if (element && !element.open) element.showModal();
    return () => element?.close();
  }, []);
  return html`<dialog
    ref=${box}
    class=${classes("g-dialog", wide && "g-dialog-wide")}
    aria-labelledby=${heading}
    onCancel=${(/** @type {Event} */ event) => {
      event.preventDefault();
      onClose();
    }}
    onPointerDown=${(/** @type {PointerEvent} */ event) => {
      if (!keep && event.target === box.current) onClose();
    }}
  >
    <header class="g-dialog-head">
      <h2 id=${heading}>${title}</h2>
      <${Button} kind="quiet" icon="close" label=${t("kit-close")} onClick=${onClose} />
    </header>
    <div class="g-dialog-body">${children}</div>
    ${actions && html`<footer class="g-dialog-foot">${actions}</footer>`}
  </dialog>`;
}

/**
 * Asks before something that cannot be undone.
 *
 * @param {object} props
 * @param {string} props.title
 * @param {string} props.confirm words on the button that does it: the verb, never "OK"
 * @param {boolean} [props.danger]
 * @param {boolean} [props.busy]
 * @param {() => void} props.onConfirm
 * @param {() => void} props.onClose
 * @param {import("../../vendor/preact.js").ComponentChildren} [props.children] what will happen
 */
export function ConfirmDialog({ title, confirm, danger = false, busy = false, onConfirm, onClose, children }) {
  return html`<${Dialog}
    title=${title}
    onClose=${onClose}
    actions=${html`<${Button} onClick=${onClose}>${t("kit-cancel")}<//>
      <${Button} kind=${danger ? "danger" : "primary"} busy=${busy} onClick=${onConfirm}>${confirm}<//>`}
  >${children}<//>`;
}
