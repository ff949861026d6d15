// @ts-check
import { html } from "/kit/html.js";
import { formatDate, t } from "/kit/i18n.js";
import { Button, Dialog } from "/kit/kit.js";
import { CopyButton } from "/web/copy_button.js";

/**
 * A one-time link, shown once.
 * @param {{ name: string, link: import("./words.js").OneTimeLink, onClose: () => void }} props
 */
export function LinkDialog({ name, link, onClose }) {
  const whole = `${location.origin}${link.path}`;
  return html`<${Dialog}
    title=${t("accounts-link-title", { name })}
    wide
    keep
    onClose=${onClose}
    actions=${html`<${Button} kind="primary" onClick=${onClose}>${t("accounts-link-done")}<//>`}
  >
    <p>${t("accounts-link-detail", { until: formatDate(link.expires_at, "dateTime") })}</p>
    <div class="command-row"><pre class="g-code command">${whole}</pre><${CopyButton} text=${whole} /></div>
  <//>`;
}
