// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Badge, Button, EmptyState } from "/kit/kit.js";
import { ListView } from "/web/list_view.js";
import { useList } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { go, href } from "/web/router.js";
import { may } from "/web/session.js";
import { Ago } from "/web/when.js";
import { ClientForm } from "./client_form.js";
import { RoleNames, useRoles } from "./role_names.js";
import { ClientSecretDialog } from "./secret_dialog.js";

/** @typedef {import("./words.js").Client} Client */
/** @typedef {import("./words.js").ClientSecret} ClientSecret */

/** @param {Client} client */
const rowKey = (client) => client.id;

/** Machines that use the API with a secret of their own. */
export function ClientsPage() {
  /** @type {import("/web/loading.js").ListState<Client>} */
  const list = useList("clients", {}, { topics: ["accounts"], rowKey });
  const roles = useRoles();
  const creating = useSignal(false);
  const made = useSignal(/** @type {ClientSecret | null} */ (null));
  const create =
    may("accounts.write") &&
    html`<${Button} kind="primary" icon="plus" onClick=${() => (creating.value = true)}>${t("accounts-client-new")}<//>`;
  return html`
    <${PageHead} title=${t("accounts-clients")} lead=${t("accounts-clients-lead")} actions=${create} />
    <${ListView}
      list=${list}
      rowKey=${rowKey}
      caption=${t("accounts-clients")}
      onRow=${(/** @type {Client} */ client) => go(["clients", client.id])}
      empty=${html`<${EmptyState} title=${t("accounts-client-none")} icon="link" actions=${create}>${t("accounts-client-none-detail")}<//>`}
      columns=${[
        {
          key: "name",
          title: t("accounts-name"),
          main: true,
          draw: (/** @type {Client} */ client) => html`<a class="row-name" href=${href(["clients", client.id])}>${client.name}</a>`,
        },
        { key: "id", title: t("accounts-client-id"), draw: (/** @type {Client} */ client) => html`<span class="g-code">${client.id}</span>` },
        {
          key: "roles",
          title: t("accounts-roles"),
          draw: (/** @type {Client} */ client) =>
            html`<${RoleNames} roles=${client.roles} names=${roles.names} />`,
        },
        {
          key: "used",
          title: t("accounts-client-used"),
          draw: (/** @type {Client} */ client) =>
            client.used_at ? html`<${Ago} at=${client.used_at} />` : html`<span class="muted">${t("accounts-never")}</span>`,
        },
        { key: "state", title: t("accounts-status"), draw: (/** @type {Client} */ client) => html`<${ClientState} client=${client} />` },
      ]}
    />
    ${
      creating.value &&
      html`<${ClientForm}
        client=${null}
        roles=${roles.all}
        onClose=${() => (creating.value = false)}
        onSaved=${(/** @type {ClientSecret | null} */ saved) => {
          creating.value = false;
          made.value = saved;
          void list.reload();
        }}
      />`
    }
    ${made.value && html`<${ClientSecretDialog} made=${made.value} onClose=${() => (made.value = null)} />`}
  `;
}

/** Whether a machine may connect. @param {{ client: Client }} props */
export function ClientState({ client }) {
  return client.disabled
    ? html`<${Badge} tone="error" icon="stop">${t("accounts-disabled")}<//>`
    : html`<${Badge} tone="returned">${t("accounts-enabled")}<//>`;
}
