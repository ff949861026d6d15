// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Spinner, Table, TextField } from "/kit/kit.js";
import { post, remove } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { useOne } from "/web/loading.js";
import { attempt } from "/web/refusals.js";
import { Trouble } from "/web/trouble.js";
import { Ago, When } from "/web/when.js";
import { AppSecretDialog } from "./secret_dialog.js";

/** @typedef {import("./words.js").App} App */
/** @typedef {{ name: string, secret: string }} Connected */

/** Apps that act for oneself, and a way to cut each off. */
export function Apps() {
  /** @type {import("/web/loading.js").OneState<{ items: App[] }>} */
  const list = useOne("session/apps", []);
  const connecting = useSignal(false);
  const made = useSignal(/** @type {Connected | null} */ (null));
  /** @param {App} app */
  const end = async (app) => {
    await attempt(() => remove(`session/apps/${app.id}`), t("accounts-app-ended"));
    void list.reload();
  };
  if (list.error) return html`<${Trouble} error=${list.error} onRetry=${list.reload} />`;
  if (!list.value) return html`<${Spinner} />`;
  const apps = list.value.items;
  return html`<section class="panel">
    <div class="panel-head">
      <h2>${t("accounts-apps")}</h2>
      <${Button} small icon="plus" onClick=${() => (connecting.value = true)}>${t("accounts-app-new")}<//>
    </div>
    <p class="muted">${t("accounts-apps-detail")}</p>
    ${
      apps.length === 0
        ? html`<p class="muted">${t("accounts-apps-none")}</p>`
        : html`<${Table}
            caption=${t("accounts-apps")}
            rows=${apps}
            rowKey=${(/** @type {App} */ app) => app.id}
            columns=${[
              { key: "name", title: t("accounts-app-name"), main: true, draw: (/** @type {App} */ app) => app.name },
              { key: "created", title: t("accounts-created"), draw: (/** @type {App} */ app) => html`<${When} at=${app.created_at} style="date" />` },
              { key: "used", title: t("accounts-app-refreshed"), draw: (/** @type {App} */ app) => html`<${Ago} at=${app.refreshed_at} />` },
              { key: "address", title: t("accounts-session-address"), draw: (/** @type {App} */ app) => html`<span class="g-code">${app.address}</span>` },
              {
                key: "do",
                title: "",
                right: true,
                draw: (/** @type {App} */ app) => html`<${Button} small onClick=${() => void end(app)}>${t("accounts-app-end")}<//>`,
              },
            ]}
          />`
    }
    ${
      connecting.value &&
      html`<${AppForm}
        onClose=${() => (connecting.value = false)}
        onSaved=${(/** @type {Connected} */ connected) => {
          connecting.value = false;
          made.value = connected;
          void list.reload();
        }}
      />`
    }
    ${made.value && html`<${AppSecretDialog} ...${made.value} onClose=${() => (made.value = null)} />`}
  </section>`;
}

/** @param {{ onClose: () => void, onSaved: (connected: Connected) => void }} props */
function AppForm({ onClose, onSaved }) {
  const form = useForm({ name: "" });
  const save = async () => {
    const { name } = form.values.value;
    /** @type {{ refresh_token: string } | undefined} */
    const granted = await form.submit(() => post("session/apps", { name }));
    if (granted) onSaved({ name, secret: granted.refresh_token });
  };
  return html`<${FormDialog} title=${t("accounts-app-new")} submit=${t("accounts-app-submit")} form=${form} onSubmit=${save} onClose=${onClose}>
    <${TextField}
      ...${form.field("name")}
      label=${t("accounts-app-name")}
      hint=${t("accounts-app-name-hint")}
      required
      maxLength=${60}
      autofocus
    />
  <//>`;
}
