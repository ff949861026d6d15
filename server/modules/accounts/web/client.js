// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Card, ConfirmDialog, Spinner } from "/kit/kit.js";
import { post } from "/web/api.js";
import { Facts } from "/web/facts.js";
import { useOne } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { attempt } from "/web/refusals.js";
import { href } from "/web/router.js";
import { may } from "/web/session.js";
import { Trouble } from "/web/trouble.js";
import { Ago, When } from "/web/when.js";
import { ClientForm } from "./client_form.js";
import { ClientState } from "./clients.js";
import { Disabling } from "./disabling.js";
import { RoleNames, useRoles } from "./role_names.js";
import { ClientSecretDialog } from "./secret_dialog.js";

/** @typedef {import("./words.js").Client} Client */
/** @typedef {import("./words.js").ClientSecret} ClientSecret */

/**
 * One machine, and what an admin can do with it.
 * @param {{ id: string }} props
 */
export function ClientPage({ id }) {
  /** @type {import("/web/loading.js").OneState<Client>} */
  const one = useOne(`clients/${id}`, ["accounts"]);
  const roles = useRoles();
  const dialog = useSignal(/** @type {"" | "edit" | "secret"} */ (""));
  const made = useSignal(/** @type {ClientSecret | null} */ (null));
  const busy = useSignal(false);
  const close = () => (dialog.value = "");
  const back = { href: href(["clients"]), words: t("accounts-clients") };
  const client = one.value;
  if (!client) {
    return html`<${PageHead} title=${t("accounts-clients")} back=${back} />
      ${one.error ? html`<${Trouble} error=${one.error} onRetry=${one.reload} />` : html`<${Spinner} />`}`;
  }
  const { name } = client;

  const newSecret = async () => {
    busy.value = true;
    made.value = (await attempt(() => post(`clients/${id}/secret`))) ?? null;
    busy.value = false;
    close();
    void one.reload();
  };

  return html`
    <${PageHead}
      title=${name}
      back=${back}
      actions=${may("accounts.write") && html`<${Button} kind="primary" icon="edit" onClick=${() => (dialog.value = "edit")}>${t("web-edit")}<//>`}
    >
      <${ClientState} client=${client} />
    <//>
    <${Card} title=${t("web-facts")}>
      <${Facts}
        rows=${[
          [t("accounts-client-id"), html`<span class="g-code">${client.id}</span>`],
          [t("accounts-roles"), html`<${RoleNames} roles=${client.roles} names=${roles.names} />`],
          [t("accounts-client-used"), client.used_at ? html`<${Ago} at=${client.used_at} />` : t("accounts-never")],
          [t("accounts-session-address"), client.address && html`<span class="g-code">${client.address}</span>`],
          [t("accounts-client-key"), html`<${When} at=${client.secret_changed_at} style="date" />`],
          [t("accounts-created"), html`<${When} at=${client.created_at} style="date" />`],
        ]}
      />
      ${
        may("accounts.write") &&
        html`<div class="card-foot">
          <${Button} small icon="key" onClick=${() => (dialog.value = "secret")}>${t("accounts-client-key-new")}<//>
          <${Disabling}
            path=${`clients/${id}`}
            one=${client}
            title=${t("accounts-client-disable-title")}
            detail=${t("accounts-client-disable-detail", { name })}
            onDone=${() => void one.reload()}
          />
        </div>`
      }
    <//>
    ${
      dialog.value === "edit" &&
      html`<${ClientForm}
        client=${client}
        roles=${roles.all}
        onClose=${close}
        onSaved=${() => {
          close();
          void one.reload();
        }}
      />`
    }
    ${
      dialog.value === "secret" &&
      html`<${ConfirmDialog}
        title=${t("accounts-client-key-new-title")}
        confirm=${t("accounts-client-key-new")}
        danger
        busy=${busy.value}
        onClose=${close}
        onConfirm=${() => void newSecret()}
      ><p>${t("accounts-client-key-new-detail", { name })}</p><//>`
    }
    ${made.value && html`<${ClientSecretDialog} made=${made.value} onClose=${() => (made.value = null)} />`}
  `;
}
