// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Card, ConfirmDialog, Spinner } from "/kit/kit.js";
import { patch, post } from "/web/api.js";
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
import { ClientSecretDialog } from "./secret_dialog.js";
import { roleName } from "./words.js";

/** @typedef {import("./words.js").Client} Client */
/** @typedef {import("./words.js").ClientSecret} ClientSecret */

/**
 * One machine, and what an admin can do with it.
 * @param {{ id: string }} props
 */
export function ClientPage({ id }) {
  /** @type {import("/web/loading.js").OneState<Client>} */
  const one = useOne(`clients/${id}`, ["accounts"]);
  /** @type {import("/web/loading.js").OneState<import("./words.js").Roles>} */
  const roles = useOne("roles", ["accounts"]);
  const dialog = useSignal(/** @type {"" | "edit" | "disable" | "secret"} */ (""));
  const made = useSignal(/** @type {ClientSecret | null} */ (null));
  const busy = useSignal(false);
  const close = () => (dialog.value = "");
  const back = { href: href(["clients"]), words: t("accounts-clients") };
  const client = one.value;
  if (!client) {
    return html`<${PageHead} title=${t("accounts-clients")} back=${back} />
      ${one.error ? html`<${Trouble} error=${one.error} onRetry=${one.reload} />` : html`<${Spinner} />`}`;
  }
  const { name, version } = client;
  const named = new Map(roles.value?.items.map((role) => [role.id, roleName(role)]));

  /** @param {() => Promise<unknown>} work @param {string} [done] */
  const run = async (work, done) => {
    busy.value = true;
    await attempt(work, done);
    busy.value = false;
    close();
    void one.reload();
  };
  /** @param {boolean} disabled */
  const setDisabled = (disabled) => run(() => patch(`clients/${id}`, version, { disabled }), t("accounts-changed", { name }));
  const newSecret = () => run(async () => (made.value = await post(`clients/${id}/secret`)));

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
          [t("accounts-roles"), client.roles.map((role) => named.get(role) ?? role).join(t("accounts-comma")) || t("accounts-role-none")],
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
          ${
            client.disabled
              ? html`<${Button} small icon="refresh" busy=${busy.value} onClick=${() => void setDisabled(false)}>${t("accounts-enable")}<//>`
              : html`<${Button} small kind="quiet" icon="stop" onClick=${() => (dialog.value = "disable")}>${t("accounts-disable")}<//>`
          }
        </div>`
      }
    <//>
    ${
      dialog.value === "edit" &&
      html`<${ClientForm}
        client=${client}
        roles=${roles.value?.items ?? []}
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
    ${
      dialog.value === "disable" &&
      html`<${ConfirmDialog}
        title=${t("accounts-client-disable-title")}
        confirm=${t("accounts-disable")}
        danger
        busy=${busy.value}
        onClose=${close}
        onConfirm=${() => void setDisabled(true)}
      ><p>${t("accounts-client-disable-detail", { name })}</p><//>`
    }
    ${made.value && html`<${ClientSecretDialog} made=${made.value} onClose=${() => (made.value = null)} />`}
  `;
}
