// @ts-check
import { html, useEffect } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Notice, TextField } from "/kit/kit.js";
import { Refusal } from "/web/api.js";

/** What a right password wants besides. @typedef {"" | "totp" | "recovery" | "passkey"} Second */

/**
 * Send a password; that it wants something besides is no error, but the next question.
 * @template T
 * @param {import("/vendor/signals.js").Signal<Second>} wanted
 * @param {() => Promise<T>} send
 * @returns {Promise<T | undefined>} undefined when the question is to be answered first
 */
export async function withSecond(wanted, send) {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof Refusal) || !error.problem.type.endsWith("/second-factor-wanted")) throw error;
    wanted.value = /** @type {Second} */ (error.problem.expected);
    return undefined;
  }
}

/**
 * Asks for what a password wants besides, once that is known.
 * @param {{ field: ReturnType<import("/web/form.js").Form["field"]>, wanted: Second }} props
 */
export function SecondCode({ field, wanted }) {
  useEffect(() => {
    const input = document.querySelector(`input[name="${field.name}"]`);
    if (input instanceof HTMLInputElement) input.focus();
  }, [wanted]);
  if (!wanted) return null;
  if (wanted === "passkey") {
    return html`<${Notice} tone="ask" live title=${t("accounts-factor-passkey")}>${t("accounts-factor-passkey-detail")}<//>`;
  }
  return html`<${TextField}
    ...${field}
    label=${t("accounts-factor-code")}
    hint=${t(`accounts-factor-code-${wanted}`)}
    autocomplete="one-time-code"
    maxLength=${60}
    required
    code
  />`;
}
