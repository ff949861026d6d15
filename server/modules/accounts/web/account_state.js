// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Badge } from "/kit/kit.js";

/** Whether an account can be used. @param {{ account: import("./words.js").Account }} props */
export function AccountState({ account }) {
  if (account.disabled) return html`<${Badge} tone="error" icon="stop">${t("accounts-disabled")}<//>`;
  return account.has_password
    ? html`<${Badge} tone="returned">${t("accounts-enabled")}<//>`
    : html`<${Badge} tone="ask" icon="clock">${t("accounts-waiting")}<//>`;
}
