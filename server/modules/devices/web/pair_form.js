// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Notice, SelectField, TextField, toast } from "/kit/kit.js";
import { post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";

/** @typedef {import("./words.js").Agent} Agent */

/**
 * Add the kiosk that shows this code, or let it take another one's place.
 *
 * @param {object} props
 * @param {Agent[]} props.agents those that it may take the place of
 * @param {string} [props.replaces] id of the one that is replaced
 * @param {() => void} [props.onCommand] add one without a screen instead
 * @param {() => void} props.onClose
 * @param {() => void} props.onSaved
 */
export function PairForm({ agents, replaces = "", onCommand, onClose, onSaved }) {
  const form = useForm({ code: "", name: "", place: "", replaces });
  const old = agents.find((agent) => agent.id === form.values.value.replaces);
  const save = async () => {
    const { code, name, place } = form.values.value;
    const wanted = old ? { code, replaces: old.id } : { code, name: name.trim(), place: place.trim() };
    /** @type {Agent | undefined} */
    const agent = await form.submit(() => post("devices/pairings/approve", wanted));
    if (!agent) return;
    toast(t(old ? "devices-replaced-done" : "devices-paired-done", { name: agent.name }));
    onSaved();
    onClose();
  };
  const choices = agents.map(({ id, name, place }) => ({ value: id, label: place ? `${name} (${place})` : name }));
  return html`<${FormDialog}
    title=${old ? t("devices-replace-title", { name: old.name }) : t("devices-enrol")}
    submit=${t(old ? "devices-replace" : "devices-enrol")}
    form=${form}
    onSubmit=${save}
    onClose=${onClose}
  >
    <p>${t("devices-pair-how")}</p>
    <${TextField} ...${form.field("code")} label=${t("devices-code")} placeholder="XXXX-XXXX" code required maxLength=${20} autofocus />
    ${
      choices.length > 0 &&
      html`<${SelectField}
        ...${form.field("replaces")}
        label=${t("devices-replaces")}
        options=${[{ value: "", label: t("devices-replaces-none") }, ...choices]}
      />`
    }
    ${
      old
        ? html`<${Notice} tone="ask" icon="alert">
            ${t(old.revoked ? "devices-replace-revoked" : "devices-replace-detail", { name: old.name })}
            ${!old.revoked && old.waiting > 0 && html`<p>${t("devices-replace-waiting", { count: old.waiting })}</p>`}
          <//>`
        : html`<${TextField} ...${form.field("name")} label=${t("devices-name")} placeholder=${t("devices-name-example")} required maxLength=${60} />
            <${TextField} ...${form.field("place")} label=${t("devices-place")} placeholder=${t("devices-place-example")} maxLength=${100} />`
    }
    ${onCommand && !old && html`<p><${Button} kind="quiet" small onClick=${onCommand}>${t("devices-pair-command")}<//></p>`}
  <//>`;
}
