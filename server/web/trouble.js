// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Notice } from "/kit/kit.js";
import { explain } from "/web/refusals.js";

/**
 * Something could not be read: why, and a way to try again.
 * @param {{ error: unknown, onRetry?: () => void }} props
 */
export function Trouble({ error, onRetry }) {
  const { title, detail } = explain(error);
  return html`<${Notice}
    tone="error"
    live
    title=${title}
    actions=${onRetry && html`<${Button} small icon="refresh" onClick=${() => onRetry()}>${t("web-retry")}<//>`}
  >${detail}<//>`;
}
