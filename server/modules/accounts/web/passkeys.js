// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, ConfirmDialog, Notice, Spinner, Table, TextField, toast } from "/kit/kit.js";
import { patch, post, remove } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { useOne } from "/web/loading.js";
import { attempt } from "/web/refusals.js";
import { refreshSession } from "/web/session.js";
import { Trouble } from "/web/trouble.js";
import { Ago, When } from "/web/when.js";
import { makePasskey, passkeyObstacle } from "./passkey.js";
import { browserName } from "./sessions.js";

/** @typedef {import("./words.js").Passkey} Passkey */

/** One's own passkeys. */
export function Passkeys() {
  /** @type {import("/web/loading.js").OneState<{ items: Passkey[], host: string }>} */
  const list = useOne("session/passkeys", []);
  const dialog = useSignal(/** @type {{ what: "" | "add" } | { what: "rename" | "remove", passkey: Passkey }} */ ({ what: "" }));
  const busy = useSignal(false);
  const close = () => (dialog.value = { what: "" });
  const done = () => {
    close();
    void list.reload();
    void attempt(refreshSession);
  };
  const drop = async (/** @type {Passkey} */ passkey) => {
    busy.value = true;
    await attempt(() => remove(`session/passkeys/${passkey.id}`), t("accounts-passkey-removed"));
    busy.value = false;
    done();
  };
  if (list.error) return html`<${Trouble} error=${list.error} onRetry=${list.reload} />`;
  if (!list.value) return html`<${Spinner} />`;
  const obstacle = passkeyObstacle();
  const now = dialog.value;
  const elsewhere = list.value.items.some(({ host }) => host !== list.value?.host);
  return html`<section class="panel" aria-labelledby="passkeys">
    <div class="panel-head">
      <h2 id="passkeys">${t("accounts-passkeys")}</h2>
      ${!obstacle && html`<${Button} small icon="plus" onClick=${() => (dialog.value = { what: "add" })}>${t("accounts-passkey-add")}<//>`}
    </div>
    <p class="muted">${t("accounts-passkeys-detail")}</p>
    ${obstacle && html`<${Notice} tone="neutral">${t(`accounts-passkeys-${obstacle}`)}<//>`}
    ${
      (list.value.items.length > 0 || !obstacle) &&
      html`<${Table}
        caption=${t("accounts-passkeys")}
        rows=${list.value.items}
        rowKey=${(/** @type {Passkey} */ one) => one.id}
        empty=${html`<p class="muted">${t("accounts-passkeys-none")}</p>`}
        columns=${[
          { key: "name", title: t("accounts-name"), main: true, draw: (/** @type {Passkey} */ one) => one.name },
          ...(elsewhere
            ? [{ key: "host", title: t("accounts-passkey-host"), draw: (/** @type {Passkey} */ one) => html`<span class="g-code">${one.host}</span>` }]
            : []),
          {
            key: "used",
            title: t("accounts-passkey-used"),
            draw: (/** @type {Passkey} */ one) =>
              one.used_at ? html`<${Ago} at=${one.used_at} />` : html`<span class="muted">${t("accounts-never")}</span>`,
          },
          {
            key: "created",
            title: t("accounts-passkey-created"),
            draw: (/** @type {Passkey} */ one) => html`<${When} at=${one.created_at} style="date" />`,
          },
          {
            key: "do",
            title: "",
            right: true,
            draw: (/** @type {Passkey} */ passkey) => html`<span class="row">
              <${Button} small icon="edit" onClick=${() => (dialog.value = { what: "rename", passkey })}>${t("accounts-passkey-rename")}<//>
              <${Button} small kind="quiet" icon="trash" onClick=${() => (dialog.value = { what: "remove", passkey })}>${t("accounts-passkey-remove")}<//>
            </span>`,
          },
        ]}
      />`
    }
    ${now.what === "add" && html`<${PasskeyForm} passkey=${null} onClose=${close} onSaved=${done} />`}
    ${now.what === "rename" && html`<${PasskeyForm} passkey=${now.passkey} onClose=${close} onSaved=${done} />`}
    ${
      now.what === "remove" &&
      html`<${ConfirmDialog}
        title=${t("accounts-passkey-remove-title")}
        confirm=${t("accounts-passkey-remove")}
        danger
        busy=${busy.value}
        onClose=${close}
        onConfirm=${() => void drop(now.passkey)}
      ><p>${t("accounts-passkey-remove-detail", { name: now.passkey.name })}</p><//>`
    }
  </section>`;
}

/** @param {{ passkey: Passkey | null, onClose: () => void, onSaved: () => void }} props */
export function PasskeyForm({ passkey, onClose, onSaved }) {
  const form = useForm({ name: passkey?.name ?? browserName({ kind: "browser", user_agent: navigator.userAgent }) });
  const save = async () => {
    const name = form.values.value.name.trim();
    /** @type {Passkey | undefined} */
    const saved = await form.submit(async () => {
      if (passkey) return patch(`session/passkeys/${passkey.id}`, passkey.version, { name });
      const credential = await makePasskey(await post("session/passkeys/registration"));
      return post("session/passkeys", { name, credential });
    });
    if (!saved) return;
    toast(t(passkey ? "web-saved" : "accounts-passkey-added", { name: saved.name }));
    onSaved();
  };
  return html`<${FormDialog}
    title=${t(passkey ? "accounts-passkey-rename" : "accounts-passkey-add")}
    submit=${t(passkey ? "web-save" : "accounts-passkey-add")}
    form=${form}
    onSubmit=${save}
    onClose=${onClose}
  >
    <${TextField} ...${form.field("name")} label=${t("accounts-passkey-name")} hint=${t("accounts-passkey-name-hint")} required maxLength=${60} autofocus />
  <//>`;
}
