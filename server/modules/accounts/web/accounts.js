// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Badge, Button, EmptyState } from "/kit/kit.js";
import { get } from "/web/api.js";
import { ChoiceFilter, Filters, SearchFilter } from "/web/filters.js";
import { ListView } from "/web/list_view.js";
import { useList } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { attempt } from "/web/refusals.js";
import { go, href, place } from "/web/router.js";
import { may, session } from "/web/session.js";
import { Ago } from "/web/when.js";
import { AccountForm } from "./account_form.js";
import { AccountState } from "./account_state.js";
import { LinkDialog } from "./link_dialog.js";
import { PolicyForm } from "./policy_form.js";
import { RoleNames, useRoles } from "./role_names.js";

/** @typedef {import("./words.js").Account} Account */
/** @typedef {import("./words.js").OneTimeLink} OneTimeLink */

/** @param {Account} account */
const rowKey = (account) => account.id;

/** Who may sign in, and as what. */
export function AccountsPage() {
  const { search = "", role = "" } = place.value.query;
  /** @type {import("/web/loading.js").ListState<Account>} */
  const list = useList("accounts", { search, role }, { topics: ["accounts"], rowKey });
  const roles = useRoles();
  const creating = useSignal(false);
  const made = useSignal(/** @type {{ name: string, link: OneTimeLink } | null} */ (null));
  const write = may("accounts.write");

  const policy = useSignal(/** @type {import("./policy_form.js").Policy | null} */ (null));
  const askPolicy = async () => {
    policy.value = (await attempt(() => get("sign-in-policy"))) ?? null;
  };

  const create = write && html`<${Button} kind="primary" icon="plus" onClick=${() => (creating.value = true)}>${t("accounts-new")}<//>`;
  return html`
    <${PageHead} title=${t("accounts-accounts")} lead=${t("accounts-lead")} actions=${write && html`<${Button} icon="lock" onClick=${() => void askPolicy()}>${t("accounts-policy")}<//>${create}`} />
    <${Filters}>
      <${SearchFilter} label=${t("accounts-search")} />
      <${ChoiceFilter}
        label=${t("accounts-roles")}
        name="role"
        options=${[{ value: "", label: t("web-all") }, ...[...roles.names].map(([value, label]) => ({ value, label }))]}
      />
    <//>
    <${ListView}
      list=${list}
      rowKey=${rowKey}
      caption=${t("accounts-accounts")}
      onRow=${(/** @type {Account} */ account) => go(["accounts", account.id])}
      empty=${html`<${EmptyState} title=${t("accounts-none")} icon="person" actions=${create}>${t("accounts-none-detail")}<//>`}
      columns=${[
        {
          key: "name",
          title: t("accounts-name"),
          main: true,
          draw: (/** @type {Account} */ account) =>
            html`<a class="row-name" href=${href(["accounts", account.id])}>${account.name}</a> ${account.id === session.value?.account && html`<${Badge} tone="neutral">${t("accounts-you")}<//>`}`,
        },
        { key: "login", title: t("accounts-login"), draw: (/** @type {Account} */ account) => html`<span class="g-code">${account.login}</span>` },
        {
          key: "roles",
          title: t("accounts-roles"),
          draw: (/** @type {Account} */ account) =>
            html`<${RoleNames} roles=${account.roles} names=${roles.names} />`,
        },
        {
          key: "seen",
          title: t("accounts-last-sign-in"),
          draw: (/** @type {Account} */ account) =>
            account.signed_in_at ? html`<${Ago} at=${account.signed_in_at} />` : html`<span class="muted">${t("accounts-never")}</span>`,
        },
        { key: "state", title: t("accounts-status"), draw: (/** @type {Account} */ account) => html`<${AccountState} account=${account} />` },
      ]}
    />
    ${
      creating.value &&
      html`<${AccountForm}
        account=${null}
        roles=${roles.all}
        onClose=${() => (creating.value = false)}
        onSaved=${(/** @type {Account} */ account, /** @type {OneTimeLink | null} */ link) => {
          creating.value = false;
          made.value = link && { name: account.name, link };
          void list.reload();
        }}
      />`
    }
    ${policy.value && html`<${PolicyForm} policy=${policy.value} onClose=${() => (policy.value = null)} />`}
    ${made.value && html`<${LinkDialog} ...${made.value} onClose=${() => (made.value = null)} />`}
  `;
}
