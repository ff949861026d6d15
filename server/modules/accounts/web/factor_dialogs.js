// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Dialog, TextField } from "/kit/kit.js";
import { post } from "/web/api.js";
import { CopyButton } from "/web/copy_button.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";

/** @typedef {{ secret: string, uri: string, qr_size: number, qr_path: string }} TotpDraft */

/**
 * An app reads the secret, and proves it by the code that it shows.
 * @param {{ draft: TotpDraft, onClose: () => void, onDone: (codes: string[]) => void }} props
 */
export function AppDialog({ draft, onClose, onDone }) {
  const form = useForm({ code: "" });
  const grouped = draft.secret.replace(/(.{4})(?=.)/g, "$1 ");
  const submit = async () => {
    /** @type {{ codes: string[] } | undefined} */
    const made = await form.submit(() => post("session/second-factor/totp/confirm", form.values.value));
    if (made) onDone(made.codes);
  };
  return html`<${FormDialog}
    title=${t("accounts-factor-app-add")}
    submit=${t("accounts-factor-begin")}
    form=${form}
    onSubmit=${submit}
    onClose=${onClose}
  >
    <p>${t("accounts-factor-app-detail")}</p>
    <svg class="qr" viewBox=${`0 0 ${draft.qr_size} ${draft.qr_size}`} role="img" aria-label=${t("accounts-factor-app-qr")} shape-rendering="crispEdges">
      <path d=${draft.qr_path} />
    </svg>
    <p class="touch-only"><a href=${draft.uri}>${t("accounts-factor-app-here")}</a></p>
    <details>
      <summary>${t("accounts-factor-app-key")}</summary>
      <div class="command-row"><pre class="g-code command">${grouped}</pre><${CopyButton} text=${draft.secret} /></div>
    </details>
    <${TextField}
      ...${form.field("code")}
      label=${t("accounts-factor-app-shown")}
      hint=${t("accounts-factor-app-clock")}
      inputMode="numeric"
      autocomplete="one-time-code"
      maxLength=${10}
      required
      code
      autofocus
    />
  <//>`;
}

/**
 * Recovery codes, shown once.
 * @param {{ codes: string[], onClose: () => void }} props
 */
export function CodesDialog({ codes, onClose }) {
  return html`<${Dialog}
    title=${t("accounts-factor-codes")}
    wide
    keep
    onClose=${onClose}
    actions=${html`<${Button} kind="primary" onClick=${onClose}>${t("accounts-factor-codes-done")}<//>`}
  >
    <p>${t("accounts-factor-codes-detail")}</p>
    <ol class="recovery-codes g-code">
      ${codes.map((code) => html`<li key=${code}>${code}</li>`)}
    </ol>
    <${CopyButton} text=${codes.join("\n")} />
  <//>`;
}
