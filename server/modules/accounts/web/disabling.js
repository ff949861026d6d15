// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, ConfirmDialog } from "/kit/kit.js";
import { patch } from "/web/api.js";
import { attempt } from "/web/refusals.js";

/**
 * The button that stops what can sign in, or allows it again. Stopping asks first.
 *
 * @param {object} props
 * @param {string} props.path of what can sign in, such as `clients/scale-7`
 * @param {{ name: string, version: number, disabled: boolean }} props.one as it is now
 * @param {string} props.title of the question
 * @param {string} props.detail what stopping does
 * @param {() => void} props.onDone
 */
export function Disabling({ path, one: { name, version, disabled }, title, detail, onDone }) {
  const asking = useSignal(false);
  const busy = useSignal(false);
  const set = async (/** @type {boolean} */ wanted) => {
    busy.value = true;
    await attempt(() => patch(path, version, { disabled: wanted }), t("accounts-changed", { name }));
    busy.value = false;
    asking.value = false;
    onDone();
  };
  return html`
    ${
      disabled
        ? html`<${Button} small icon="refresh" busy=${busy.value} onClick=${() => void set(false)}>${t("accounts-enable")}<//>`
        : html`<${Button} small kind="quiet" icon="stop" onClick=${() => (asking.value = true)}>${t("accounts-disable")}<//>`
    }
    ${
      asking.value &&
      html`<${ConfirmDialog}
        title=${title}
        confirm=${t("accounts-disable")}
        danger
        busy=${busy.value}
        onClose=${() => (asking.value = false)}
        onConfirm=${() => void set(true)}
      ><p>${detail}</p><//>`
    }
  `;
}
