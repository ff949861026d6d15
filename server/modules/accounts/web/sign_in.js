// @ts-check
import { html, useEffect, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, Notice, Spinner, TextField } from "/kit/kit.js";
import { get, post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { attempt, explain } from "/web/refusals.js";
import { enter, expired, leaveLink, link, signIn } from "/web/session.js";
import { Trouble } from "/web/trouble.js";
import { ChoosePassword } from "./choose_password.js";
import { EntryBox, EntryForm } from "./entry.js";
import { Forgotten } from "./forgotten.js";
import { KioskEntrance } from "./kiosk_entrance.js";
import { PasskeySignIn } from "./passkey_sign_in.js";
import { PasswordField } from "./password_field.js";
import { SecondCode, withSecond } from "./second_code.js";
import { SetUp } from "./set_up.js";

/**
 * What a page before sign-in must know.
 * @typedef {object} Welcome
 * @property {import("/web/session.js").Site} site
 * @property {boolean} set_up
 * @property {number} shortest_password
 * @property {boolean} reset_by_mail
 */

/** What somebody sees who is not signed in: what their link is for, or sign-in. */
export function Entrance() {
  const welcome = useSignal(/** @type {Welcome | null} */ (null));
  const error = useSignal(/** @type {unknown} */ (null));
  const load = async () => {
    error.value = null;
    try {
      welcome.value = await get("welcome");
    } catch (problem) {
      error.value = problem;
    }
  };
  useEffect(() => void load(), []);
  if (error.value) {
    return html`<main class="signin"><${Trouble} error=${error.value} onRetry=${load} /></main>`;
  }
  if (!welcome.value) return html`<main class="signin"><${Spinner} /></main>`;
  const used = link.value;
  if (used?.purpose === "setup" && welcome.value.set_up) {
    // Somebody opens the setup link again, as a bookmark: the site is there.
    queueMicrotask(() => void attempt(leaveLink));
  }
  const { site, set_up: isSetUp, shortest_password: least } = welcome.value;
  if (used?.purpose === "setup" && !isSetUp) return html`<${SetUp} code=${used.code} least=${least} />`;
  if (!isSetUp) return html`<${NotSetUp} onRetry=${load} />`;
  if (used?.purpose === "password") return html`<${ChoosePassword} code=${used.code} least=${least} />`;
  if (used?.purpose === "kiosk") return html`<${KioskEntrance} code=${used.code} />`;
  if (used?.purpose === "signin") return html`<${ByLink} code=${used.code} />`;
  return html`<${SignIn} site=${site.name} byMail=${welcome.value.reset_by_mail} />`;
}

/** The address stays as it is, so that signing in leads back to the page. @param {{ site: string, byMail: boolean }} props */
function SignIn({ site, byMail }) {
  const forgotten = useSignal(false);
  const form = useForm({ login: "", password: "", code: "" });
  const wanted = useSignal(/** @type {import("./second_code.js").Second} */ (""));
  const submit = async () => {
    const { login, password, code } = form.values.value;
    await form.submit(() => withSecond(wanted, () => signIn(login.trim(), password, code)));
  };
  if (forgotten.value) {
    return html`<${Forgotten} site=${site} who=${form.values.value.login} onBack=${() => (forgotten.value = false)} />`;
  }
  const help = byMail
    ? html`<${Button} kind="quiet" small onClick=${() => (forgotten.value = true)}>${t("accounts-forgotten")}<//>`
    : html`<p>${t("accounts-signin-forgot")}</p>`;
  return html`<${EntryForm}
    title=${t("accounts-signin-title")}
    site=${site}
    submit=${t("accounts-signin-submit")}
    form=${form}
    onSubmit=${submit}
    above=${expired.value && html`<${Notice} tone="ask" live>${t("accounts-signin-expired")}<//>`}
    after=${html`<${PasskeySignIn} form=${form} />`}
    below=${help}
  >
    <${TextField} ...${form.field("login")} label=${t("accounts-login")} autocomplete="username webauthn" required autofocus />
    <${PasswordField} field=${form.field("password")} label=${t("accounts-password")} kind="current-password" />
    <${SecondCode} field=${form.field("code")} wanted=${wanted.value} />
  <//>`;
}

/** A one-time link signs in by itself. @param {{ code: string }} props */
function ByLink({ code }) {
  const refused = useSignal(/** @type {unknown} */ (null));
  const use = async () => {
    refused.value = null;
    try {
      enter(await post("session/link", { code }));
    } catch (error) {
      refused.value = error;
    }
  };
  useEffect(() => void use(), [code]);
  if (!refused.value) return html`<main class="signin"><${Spinner} /></main>`;
  return html`<${LinkRefused} error=${refused.value} />`;
}

/** A link that does not work, and the way on. @param {{ error: unknown }} props */
export function LinkRefused({ error }) {
  const { title, detail } = explain(error);
  return html`<${EntryBox} title=${title} lead=${detail}>
    <${Button} kind="primary" onClick=${() => void attempt(leaveLink)}>${t("accounts-to-signin")}<//>
  <//>`;
}

/** Nobody has set the site up: where the link is. @param {{ onRetry: () => void }} props */
function NotSetUp({ onRetry }) {
  return html`<${EntryBox}
    title=${t("accounts-setup-needed")}
    lead=${t("accounts-setup-needed-detail")}
    below=${html`<pre class="g-code command">genba-server setup-link</pre>`}
  >
    ${link.value && html`<${Notice} tone="error" live title=${t("accounts-link-void")}>${t("accounts-setup-void-detail")}<//>`}
    <${Button} icon="refresh" onClick=${onRetry}>${t("web-retry")}<//>
  <//>`;
}
