// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Badge, Button, ConfirmDialog, EmptyState } from "/kit/kit.js";
import { remove } from "/web/api.js";
import { ListView } from "/web/list_view.js";
import { useList } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { attempt } from "/web/refusals.js";
import { Ago, When } from "/web/when.js";
import { TokenSecretDialog } from "./secret_dialog.js";
import { TokenForm } from "./token_form.js";
import { permissionName } from "./words.js";

/** @typedef {import("./words.js").Token} Token */
/** @typedef {import("./words.js").TokenMade} TokenMade */

const EVERYTHING = "*";
const COMMAND_LINE = "command-line";
const TONES = { valid: "returned", expired: "ask", revoked: "neutral" };

/** @param {Token} token */
const rowKey = (token) => token.id;

/** What other programs may do here, and a way to end it. */
export function TokensPage() {
  /** @type {import("/web/loading.js").ListState<Token>} */
  const list = useList("tokens", {}, { topics: ["accounts"], rowKey });
  const creating = useSignal(false);
  const made = useSignal(/** @type {TokenMade | null} */ (null));
  const ending = useSignal(/** @type {Token | null} */ (null));
  const busy = useSignal(false);
  const revoke = async (/** @type {Token} */ { id, name }) => {
    busy.value = true;
    await attempt(() => remove(`tokens/${id}`), t("accounts-token-revoked-now", { name }));
    busy.value = false;
    ending.value = null;
    void list.reload();
  };
  const create = html`<${Button} kind="primary" icon="plus" onClick=${() => (creating.value = true)}>${t("accounts-token-new")}<//>`;
  return html`
    <${PageHead} title=${t("accounts-tokens")} lead=${t("accounts-tokens-lead")} actions=${create} />
    <${ListView}
      list=${list}
      rowKey=${rowKey}
      caption=${t("accounts-tokens")}
      empty=${html`<${EmptyState} title=${t("accounts-tokens-none")} icon="key" actions=${create}>${t("accounts-tokens-none-detail")}<//>`}
      columns=${[
        { key: "name", title: t("accounts-name"), main: true, draw: (/** @type {Token} */ token) => token.name },
        { key: "permissions", title: t("accounts-permissions"), draw: (/** @type {Token} */ { permissions }) => allowed(permissions) },
        { key: "creator", title: t("accounts-token-creator"), draw: (/** @type {Token} */ { creator }) => (creator === COMMAND_LINE ? t("accounts-command-line") : creator) },
        {
          key: "used",
          title: t("accounts-token-used"),
          draw: (/** @type {Token} */ { used_at }) =>
            used_at ? html`<${Ago} at=${used_at} />` : html`<span class="muted">${t("accounts-never")}</span>`,
        },
        {
          key: "expires",
          title: t("accounts-token-expires"),
          draw: (/** @type {Token} */ { expires_at }) =>
            expires_at ? html`<${When} at=${expires_at} style="date" />` : html`<span class="muted">${t("accounts-token-days-never")}</span>`,
        },
        {
          key: "state",
          title: t("accounts-status"),
          draw: (/** @type {Token} */ { state }) => html`<${Badge} tone=${TONES[state]}>${t(`accounts-token-${state}`)}<//>`,
        },
        {
          key: "do",
          title: "",
          right: true,
          draw: (/** @type {Token} */ token) =>
            token.state === "valid" && html`<${Button} small kind="quiet" icon="stop" onClick=${() => (ending.value = token)}>${t("accounts-token-revoke")}<//>`,
        },
      ]}
    />
    ${
      creating.value &&
      html`<${TokenForm}
        onClose=${() => (creating.value = false)}
        onMade=${(/** @type {TokenMade} */ fresh) => {
          creating.value = false;
          made.value = fresh;
          void list.reload();
        }}
      />`
    }
    ${made.value && html`<${TokenSecretDialog} made=${made.value} onClose=${() => (made.value = null)} />`}
    ${
      ending.value &&
      html`<${ConfirmDialog}
        title=${t("accounts-token-revoke-title")}
        confirm=${t("accounts-token-revoke")}
        danger
        busy=${busy.value}
        onClose=${() => (ending.value = null)}
        onConfirm=${() => ending.value && void revoke(ending.value)}
      ><p>${t("accounts-token-revoke-detail", { name: ending.value.name })}</p><//>`
    }
  `;
}

/** @param {string[]} permissions */
function allowed(permissions) {
  if (permissions.includes(EVERYTHING)) return t("accounts-token-everything");
  return permissions.map(permissionName).join(t("accounts-token-comma"));
}
