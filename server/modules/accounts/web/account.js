// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Badge, Button, Card, ConfirmDialog, Spinner } from "/kit/kit.js";
import { post, remove } from "/web/api.js";
import { Facts } from "/web/facts.js";
import { useOne } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { attempt } from "/web/refusals.js";
import { href } from "/web/router.js";
import { may, session } from "/web/session.js";
import { Trouble } from "/web/trouble.js";
import { Ago, When } from "/web/when.js";
import { AccountForm } from "./account_form.js";
import { AccountState } from "./account_state.js";
import { Disabling } from "./disabling.js";
import { LinkDialog } from "./link_dialog.js";
import { RoleNames, useRoles } from "./role_names.js";

/** @typedef {import("./words.js").Account} Account */
/** @typedef {import("./words.js").OneTimeLink} OneTimeLink */

/**
 * One account, and what an admin can do with it.
 * @param {{ id: string }} props
 */
export function AccountPage({ id }) {
  /** @type {import("/web/loading.js").OneState<Account>} */
  const one = useOne(`accounts/${id}`, ["accounts"]);
  const roles = useRoles();
  const dialog = useSignal(/** @type {"" | "edit" | "factor"} */ (""));
  const link = useSignal(/** @type {OneTimeLink | null} */ (null));
  const close = () => (dialog.value = "");
  const back = { href: href(["accounts"]), words: t("accounts-accounts") };
  const account = one.value;
  if (!account) {
    return html`<${PageHead} title=${t("accounts-accounts")} back=${back} />
      ${one.error ? html`<${Trouble} error=${one.error} onRetry=${one.reload} />` : html`<${Spinner} />`}`;
  }
  const { name } = account;
  const own = account.id === session.value?.account;

  const makeLink = async () => {
    link.value = (await attempt(() => post(`accounts/${id}/password-link`))) ?? null;
  };
  const signOutAll = () => attempt(() => remove(`accounts/${id}/sessions`), t("accounts-signed-out-all", { name }));

  const dropFactor = async () => {
    await attempt(() => remove(`accounts/${id}/second-factor`), t("accounts-factor-removed", { name }));
    void one.reload();
  };

  return html`
    <${PageHead}
      title=${name}
      back=${back}
      actions=${may("accounts.write") && html`<${Button} kind="primary" icon="edit" onClick=${() => (dialog.value = "edit")}>${t("web-edit")}<//>`}
    >
      <${AccountState} account=${account} />
      ${own && html`<${Badge} tone="neutral">${t("accounts-you")}<//>`}
    <//>
    <${Card} title=${t("web-facts")}>
      <${Facts}
        rows=${[
          [t("accounts-login"), html`<span class="g-code">${account.login}</span>`],
          [t("accounts-email"), account.email ?? html`<span class="muted">${t("accounts-email-none")}</span>`],
          [t("accounts-roles"), html`<${RoleNames} roles=${account.roles} names=${roles.names} />`],
          [t("accounts-factor"), t(account.second_factor ? "accounts-factor-on" : "accounts-factor-off")],
          [t("accounts-person"), account.person ? html`<a href=${href(["people", account.person])}>${t("accounts-person-open")}</a>` : t("accounts-no-person")],
          [t("accounts-last-sign-in"), account.signed_in_at ? html`<${Ago} at=${account.signed_in_at} />` : t("accounts-never")],
          [t("accounts-created"), html`<${When} at=${account.created_at} style="date" />`],
        ]}
      />
      ${
        may("accounts.write") &&
        html`<div class="card-foot">
          <${Button} small icon="key" onClick=${() => void makeLink()}>${t("accounts-password-link")}<//>
          ${
            !own &&
            html`<${Button} small icon="signOut" onClick=${() => void signOutAll()}>${t("accounts-sign-out-all")}<//>
              ${
                account.second_factor &&
                html`<${Button} small kind="quiet" icon="trash" onClick=${() => (dialog.value = "factor")}>${t("accounts-factor-remove")}<//>`
              }
              <${Disabling}
                path=${`accounts/${id}`}
                one=${account}
                title=${t("accounts-disable-title")}
                detail=${t("accounts-disable-detail", { name })}
                onDone=${() => void one.reload()}
              />`
          }
        </div>`
      }
    <//>
    ${
      dialog.value === "edit" &&
      html`<${AccountForm}
        account=${account}
        roles=${roles.all}
        onClose=${close}
        onSaved=${() => {
          close();
          void one.reload();
        }}
      />`
    }
    ${link.value && html`<${LinkDialog} name=${name} link=${link.value} onClose=${() => (link.value = null)} />`}
    ${
      dialog.value === "factor" &&
      html`<${ConfirmDialog}
        title=${t("accounts-factor-remove-title")}
        confirm=${t("accounts-factor-remove")}
        danger
        onClose=${close}
        onConfirm=${() => {
          close();
          void dropFactor();
        }}
      ><p>${t("accounts-factor-remove-detail", { name })}</p><//>`
    }
  `;
}
