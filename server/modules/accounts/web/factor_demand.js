// @ts-check
import { html, signal, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Notice, Toasts } from "/kit/kit.js";
import { attempt } from "/web/refusals.js";
import { href, place } from "/web/router.js";
import { refreshSession, session, signOut } from "/web/session.js";
import { ConfirmIdentity } from "./confirm_identity.js";
import { EntryBox } from "./entry.js";
import { IdleWatch } from "./idle_watch.js";
import { passkeyObstacle } from "./passkey.js";
import { PasskeyForm } from "./passkeys.js";
import { AppSetUp } from "./second_factor.js";

const DAY_S = 86_400;

/** Who pressed "later" is left alone until the page is opened anew. */
const later = signal(false);

/** Leads to a second factor in good time; drawn once in the page. */
export function FactorAdvice() {
  const open = session.value;
  if (open?.second_factor !== "advised" || later.value || place.value.path[0] === "me") return null;
  const days = open.second_factor_in === null ? null : Math.ceil(open.second_factor_in / DAY_S);
  return html`<${Notice}
    tone="ask"
    icon="lock"
    class="advice"
    title=${t("accounts-factor-advice")}
    actions=${html`<span class="row">
      <${Button} small href=${href(["me"])}>${t("accounts-factor-begin")}<//>
      <${Button} small kind="quiet" onClick=${() => (later.value = true)}>${t("accounts-factor-later")}<//>
    </span>`}
  >${days === null ? t("accounts-factor-advice-soon") : t("accounts-factor-advice-days", { days })}<//>`;
}

/** All that somebody sees who must make a second factor first. */
export function FactorDue() {
  const adding = useSignal(false);
  const done = () => void attempt(refreshSession);
  return html`<${EntryBox}
      title=${t("accounts-factor-due")}
      site=${session.value?.site.name}
      lead=${t("accounts-factor-due-detail")}
      below=${html`<${Button} kind="quiet" small icon="signOut" onClick=${() => void attempt(signOut)}>${t("web-signout")}<//>`}
    >
      ${
        passkeyObstacle()
          ? html`<${Notice} tone="neutral">${t(`accounts-passkeys-${passkeyObstacle()}`)}<//>`
          : html`<${Button} kind="primary" icon="key" onClick=${() => (adding.value = true)}>${t("accounts-passkey-add")}<//>`
      }
      <${AppSetUp} kind="primary" onDone=${done} />
      ${adding.value && html`<${PasskeyForm} passkey=${null} onClose=${() => (adding.value = false)} onSaved=${done} />`}
    <//>
    <${IdleWatch} />
    <${ConfirmIdentity} />
    <${Toasts} />`;
}
