// @ts-check
import { html, useSignal } from "/kit/html.js";
import { formatDate, t } from "/kit/i18n.js";
import { Button, Dialog, Notice, TextField } from "/kit/kit.js";
import { post } from "/web/api.js";
import { CopyButton } from "/web/copy_button.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";

/** @typedef {{ token: string, expires_at: string }} Enrolment */

/**
 * Make a one-time token for a new agent, and say exactly what to type there.
 * @param {{ onClose: () => void, onSaved: () => void }} props
 */
export function EnrolForm({ onClose, onSaved }) {
  const form = useForm({ name: "", place: "" });
  const made = useSignal(/** @type {Enrolment | null} */ (null));
  const save = async () => {
    /** @type {Enrolment | undefined} */
    const enrolment = await form.submit(() => post("devices/enrolments", form.values.value));
    if (!enrolment) return;
    made.value = enrolment;
    onSaved();
  };
  if (made.value) return html`<${Token} enrolment=${made.value} onClose=${onClose} />`;
  return html`<${FormDialog} title=${t("devices-enrol")} submit=${t("devices-enrol-submit")} form=${form} onSubmit=${save} onClose=${onClose}>
    <p>${t("devices-enrol-how")}</p>
    <${TextField} ...${form.field("name")} label=${t("devices-name")} placeholder=${t("devices-name-example")} required maxLength=${60} autofocus />
    <${TextField} ...${form.field("place")} label=${t("devices-place")} placeholder=${t("devices-place-example")} maxLength=${100} />
  <//>`;
}

/** @param {{ enrolment: Enrolment, onClose: () => void }} props */
function Token({ enrolment, onClose }) {
  const command = `genba-agent enrol --server ${location.origin} --token ${enrolment.token}`;
  return html`<${Dialog}
    title=${t("devices-token-title")}
    wide
    keep
    onClose=${onClose}
    actions=${html`<${Button} kind="primary" onClick=${onClose}>${t("devices-token-done")}<//>`}
  >
    <p>${t("devices-token-how")}</p>
    <div class="command-row"><pre class="g-code command">${command}</pre><${CopyButton} text=${command} /></div>
    <${Notice} tone="ask" icon="alert">${t("devices-token-once", { until: formatDate(enrolment.expires_at, "dateTime") })}<//>
  <//>`;
}
