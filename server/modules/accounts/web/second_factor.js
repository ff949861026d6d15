// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Badge, Button, ConfirmDialog, Spinner, toast } from "/kit/kit.js";
import { post, remove } from "/web/api.js";
import { Facts } from "/web/facts.js";
import { useOne } from "/web/loading.js";
import { attempt } from "/web/refusals.js";
import { refreshSession } from "/web/session.js";
import { Trouble } from "/web/trouble.js";
import { AppDialog, CodesDialog } from "./factor_dialogs.js";

/** @typedef {import("./words.js").SecondFactors} SecondFactors */
/** @typedef {import("./factor_dialogs.js").TotpDraft} TotpDraft */

/**
 * Sets an authenticator app up: a button, and the dialogs that follow.
 * @param {{ onDone: () => void, kind?: "primary" }} props
 */
export function AppSetUp({ onDone, kind }) {
  const draft = useSignal(/** @type {TotpDraft | null} */ (null));
  const codes = useSignal(/** @type {string[] | null} */ (null));
  const begin = async () => {
    draft.value = (await attempt(() => post("session/second-factor/totp"))) ?? null;
  };
  return html`<${Button} small=${!kind} kind=${kind} icon="device" onClick=${() => void begin()}>${t("accounts-factor-app-add")}<//>
    ${
      draft.value &&
      html`<${AppDialog}
        draft=${draft.value}
        onClose=${() => (draft.value = null)}
        onDone=${(/** @type {string[]} */ made) => {
          draft.value = null;
          codes.value = made;
          toast(t("accounts-factor-app-added"));
        }}
      />`
    }
    ${
      codes.value &&
      html`<${CodesDialog}
        codes=${codes.value}
        onClose=${() => {
          codes.value = null;
          onDone();
        }}
      />`
    }`;
}

/** One's own second factors but passkeys, which have a table of their own. */
export function SecondFactor() {
  /** @type {import("/web/loading.js").OneState<SecondFactors>} */
  const state = useOne("session/second-factor", []);
  const codes = useSignal(/** @type {string[] | null} */ (null));
  const removing = useSignal(false);
  const done = () => {
    void state.reload();
    void attempt(refreshSession);
  };
  const renew = async () => {
    /** @type {{ codes: string[] } | undefined} */
    const made = await attempt(() => post("session/second-factor/recovery-codes"));
    codes.value = made?.codes ?? null;
    void state.reload();
  };
  const drop = async () => {
    removing.value = false;
    await attempt(() => remove("session/second-factor/totp"), t("accounts-factor-app-removed"));
    done();
  };
  if (state.error) return html`<${Trouble} error=${state.error} onRetry=${state.reload} />`;
  const now = state.value;
  if (!now) return html`<${Spinner} />`;
  const app = now.totp
    ? html`<span class="row">
        <${Badge} tone="returned">${t("accounts-factor-on")}<//>
        <${Button} small kind="quiet" icon="trash" onClick=${() => (removing.value = true)}>${t("accounts-factor-app-remove")}<//>
      </span>`
    : html`<span class="row"><span class="muted">${t("accounts-factor-off")}</span><${AppSetUp} onDone=${done} /></span>`;
  const left = now.recovery_codes;
  const spare = html`<span class="row">
    ${
      left > 0
        ? html`<${Badge} tone="returned">${t("accounts-factor-codes-left", { count: left })}<//>`
        : html`<span class="muted">${t("accounts-factor-codes-none")}</span>`
    }
    <${Button} small icon="refresh" onClick=${() => void renew()}>${t(left > 0 ? "accounts-factor-codes-new" : "accounts-factor-codes-make")}<//>
  </span>`;
  return html`<section class="panel" aria-labelledby="second-factor">
    <div class="panel-head"><h2 id="second-factor">${t("accounts-factor")}</h2></div>
    <p class="muted">${t("accounts-factor-detail")}</p>
    <${Facts}
      rows=${[
        [t("accounts-factor-app"), app],
        ...(now.totp || now.passkeys > 0 ? [/** @type {const} */ ([t("accounts-factor-codes"), spare])] : []),
      ]}
    />
    ${codes.value && html`<${CodesDialog} codes=${codes.value} onClose=${() => (codes.value = null)} />`}
    ${
      removing.value &&
      html`<${ConfirmDialog}
        title=${t("accounts-factor-app-remove-title")}
        confirm=${t("accounts-factor-app-remove")}
        danger
        onClose=${() => (removing.value = false)}
        onConfirm=${() => void drop()}
      ><p>${t("accounts-factor-app-remove-detail")}</p><//>`
    }
  </section>`;
}
