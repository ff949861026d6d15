// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Dialog } from "/kit/kit.js";
import { API } from "/web/api.js";
import { CopyButton } from "/web/copy_button.js";

/**
 * A secret that is shown once.
 * @param {object} props
 * @param {string} props.title
 * @param {string} props.detail
 * @param {string} props.secret
 * @param {string} props.done words on the button
 * @param {() => void} props.onClose
 * @param {import("/vendor/preact.js").ComponentChildren} [props.children]
 */
function SecretDialog({ title, detail, secret, done, onClose, children }) {
  return html`<${Dialog}
    title=${title}
    wide
    keep
    onClose=${onClose}
    actions=${html`<${Button} kind="primary" onClick=${onClose}>${done}<//>`}
  >
    <p>${detail}</p>
    <${Line} text=${secret} />
    ${children}
  <//>`;
}

/** @param {{ text: string }} props */
function Line({ text }) {
  return html`<div class="command-row"><pre class="g-code command">${text}</pre><${CopyButton} text=${text} /></div>`;
}

/** An API token. @param {{ made: import("./words.js").TokenMade, onClose: () => void }} props */
export function TokenSecretDialog({ made: { token, secret }, onClose }) {
  return html`<${SecretDialog}
    title=${t("accounts-token-made", { name: token.name })}
    detail=${t("accounts-token-copy-detail")}
    secret=${secret}
    done=${t("accounts-token-done")}
    onClose=${onClose}
  />`;
}

/**
 * A machine's fresh secret, and how to try it. The command asks for the secret, so that it stays
 * out of the shell's history and the list of processes.
 * @param {{ made: import("./words.js").ClientSecret, onClose: () => void }} props
 */
export function ClientSecretDialog({ made: { client, secret }, onClose }) {
  const command = `curl --user ${client.id} --data grant_type=client_credentials ${location.origin}${API}/oauth/token`;
  return html`<${SecretDialog}
    title=${t("accounts-client-key-title", { name: client.name })}
    detail=${t("accounts-client-key-detail")}
    secret=${secret}
    done=${t("accounts-client-key-done")}
    onClose=${onClose}
  >
    <p>${t("accounts-client-key-try")}</p>
    <${Line} text=${command} />
  <//>`;
}

/**
 * The first refresh token of an app.
 * @param {{ name: string, secret: string, onClose: () => void }} props
 */
export function AppSecretDialog({ name, secret, onClose }) {
  return html`<${SecretDialog}
    title=${t("accounts-app-title", { name })}
    detail=${t("accounts-app-detail")}
    secret=${secret}
    done=${t("accounts-app-done")}
    onClose=${onClose}
  />`;
}
