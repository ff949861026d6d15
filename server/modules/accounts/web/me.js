// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Badge, Button, Card, Notice, Spinner } from "/kit/kit.js";
import { post } from "/web/api.js";
import { Facts } from "/web/facts.js";
import { useOne } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { attempt } from "/web/refusals.js";
import { session } from "/web/session.js";
import { Trouble } from "/web/trouble.js";
import { Apps } from "./apps.js";
import { PasswordForm, PinForm } from "./own_forms.js";
import { Passkeys } from "./passkeys.js";
import { SecondFactor } from "./second_factor.js";
import { Sessions } from "./sessions.js";

/** One's own account: password, PIN, and where one is signed in. */
export function MePage() {
  if (!session.value?.account) {
    return html`<${PageHead} title=${t("accounts-me")} /><${Notice} tone="neutral">${t("accounts-token")}<//>`;
  }
  return html`<${Mine} />`;
}

function Mine() {
  /** @type {import("/web/loading.js").OneState<import("./words.js").Account>} */
  const account = useOne("session/account", []);
  const dialog = useSignal(/** @type {"" | "password" | "pin"} */ (""));
  const close = () => (dialog.value = "");
  const removePin = async () => {
    await attempt(() => post("session/pin", { pin: null }), t("accounts-pin-removed"));
    void account.reload();
  };
  const me = account.value;
  return html`
    <${PageHead} title=${t("accounts-me")} />
    ${account.error && html`<${Trouble} error=${account.error} onRetry=${account.reload} />`}
    ${account.loading && html`<${Spinner} />`}
    ${
      me &&
      html`<div class="me">
        <${Card} title=${me.name}>
          <${Facts}
            rows=${[
              [t("accounts-login"), html`<span class="g-code">${me.login}</span>`],
              [
                t("accounts-password"),
                html`<${Button} small icon="key" onClick=${() => (dialog.value = "password")}>${t("accounts-password-change")}<//>`,
              ],
              [t("accounts-pin"), html`<${Pin} account=${me} onSet=${() => (dialog.value = "pin")} onRemove=${() => void removePin()} />`],
            ]}
          />
        <//>
        <${Passkeys} />
        <${SecondFactor} />
        <${Sessions} />
        <${Apps} />
      </div>`
    }
    ${me && dialog.value === "password" && html`<${PasswordForm} account=${me} onClose=${close} />`}
    ${
      dialog.value === "pin" &&
      html`<${PinForm}
        onClose=${close}
        onSaved=${() => {
          close();
          void account.reload();
        }}
      />`
    }
  `;
}

/** @param {{ account: import("./words.js").Account, onSet: () => void, onRemove: () => void }} props */
function Pin({ account, onSet, onRemove }) {
  if (!account.person) return html`<span class="muted">${t("accounts-pin-no-person")}</span>`;
  return html`<span class="row">
    ${account.has_pin ? html`<${Badge} tone="returned">${t("accounts-pin-set")}<//>` : html`<span class="muted">${t("accounts-pin-none")}</span>`}
    <${Button} small icon="edit" onClick=${onSet}>${t("accounts-pin-change")}<//>
    ${account.has_pin && html`<${Button} small kind="quiet" icon="trash" onClick=${onRemove}>${t("accounts-pin-remove")}<//>`}
  </span>`;
}
