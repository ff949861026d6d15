// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, LanguageSwitch, Notice, TextField } from "/kit/kit.js";
import { useForm } from "/web/form.js";
import { expired, signIn } from "/web/session.js";

/** Asks for the token; the address stays as it is, so that signing in leads back to the page. */
export function SignIn() {
  const form = useForm({ token: "" });
  const empty = useSignal(false);
  const token = form.field("token");
  const submit = async () => {
    const typed = token.value.trim();
    empty.value = typed === "";
    if (typed) await form.submit(() => signIn(typed));
  };
  const problem = form.problem.value;
  return html`<main class="signin">
    <div class="signin-box">
      <p class="brand brand-large">Genba<span>現場</span></p>
      <h1>${t("web-signin-title")}</h1>
      ${expired.value && html`<${Notice} tone="ask" live>${t("web-signin-expired")}<//>`}
      ${problem && html`<${Notice} tone="error" live title=${problem.title}>${problem.detail}<//>`}
      <form
        class="form"
        novalidate
        onSubmit=${(/** @type {Event} */ event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <${TextField}
          ...${token}
          type="password"
          code
          autofocus
          label=${t("web-signin-token")}
          error=${empty.value && !token.value ? t("web-signin-token-missing") : token.error}
        />
        <${Button} kind="primary" type="submit" busy=${form.busy.value}>${t("web-signin-submit")}<//>
      </form>
      <div class="signin-how">
        <p>${t("web-signin-how")}</p>
        <pre class="g-code command">genba-server token</pre>
      </div>
      <${LanguageSwitch} />
    </div>
  </main>`;
}
