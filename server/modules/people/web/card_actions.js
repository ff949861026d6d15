// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, ConfirmDialog, TextField, toast } from "/kit/kit.js";
import { post, remove } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { attempt } from "/web/refusals.js";
import { spaced } from "./words.js";

/**
 * Block, unblock or remove one card.
 *
 * @param {object} props
 * @param {{ uid: string, blocked: boolean }} props.card
 * @param {string} props.holder whose it is
 * @param {() => void} props.onDone
 */
export function CardActions({ card, holder, onDone }) {
  const dialog = useSignal(/** @type {"" | "block" | "remove"} */ (""));
  const busy = useSignal(false);
  const close = () => (dialog.value = "");
  /** @param {string} done @param {() => Promise<unknown>} work */
  const run = async (done, work) => {
    busy.value = true;
    await attempt(work, done);
    busy.value = false;
    close();
    onDone();
  };
  const unblock = () => run(t("people-card-unblocked"), () => post(`cards/${card.uid}/unblock`));
  return html`<span class="row">
    ${
      card.blocked
        ? html`<${Button} small busy=${busy.value} onClick=${() => void unblock()}>${t("people-card-unblock")}<//>`
        : html`<${Button} small icon="lock" onClick=${() => (dialog.value = "block")}>${t("people-card-block")}<//>`
    }
    <${Button} small kind="quiet" icon="trash" label=${t("people-card-remove")} onClick=${() => (dialog.value = "remove")} />
    ${dialog.value === "block" && html`<${BlockForm} card=${card} holder=${holder} onClose=${close} onDone=${onDone} />`}
    ${
      dialog.value === "remove" &&
      html`<${ConfirmDialog}
        title=${t("people-card-remove-title")}
        confirm=${t("people-card-remove")}
        danger
        busy=${busy.value}
        onClose=${close}
        onConfirm=${() => void run(t("people-card-removed"), () => remove(`cards/${card.uid}`))}
      ><p>${t("people-card-remove-detail", { name: holder, uid: spaced(card.uid) })}</p><//>`
    }
  </span>`;
}

/** @param {{ card: { uid: string }, holder: string, onClose: () => void, onDone: () => void }} props */
function BlockForm({ card, holder, onClose, onDone }) {
  const form = useForm({ reason: "" });
  const save = async () => {
    const saved = await form.submit(() => post(`cards/${card.uid}/block`, form.values.value));
    if (!saved) return;
    toast(t("people-card-was-blocked"), {
      action: {
        label: t("web-undo"),
        onClick: () => void attempt(() => post(`cards/${card.uid}/unblock`), t("people-card-unblocked")).then(onDone),
      },
    });
    onDone();
    onClose();
  };
  return html`<${FormDialog}
    title=${t("people-card-block-title")}
    submit=${t("people-card-block")}
    form=${form}
    danger
    onSubmit=${save}
    onClose=${onClose}
  >
    <p>${t("people-card-block-detail", { name: holder, uid: spaced(card.uid) })}</p>
    <${TextField} ...${form.field("reason")} label=${t("people-card-reason")} placeholder=${t("people-card-reason-example")} maxLength=${100} autofocus />
  <//>`;
}
