// @ts-check
import { html, signal, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button } from "/kit/kit.js";
import { listeners, post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { useOne } from "/web/loading.js";
import { session } from "/web/session.js";
import { askPasskey, passkeyObstacle } from "./passkey.js";
import { PasswordField } from "./password_field.js";
import { SecondCode, withSecond } from "./second_code.js";

/** Whoever waits for the answer. @type {import("/vendor/signals.js").Signal<((proved: boolean) => void) | null>} */
const asking = signal(null);

listeners.confirm = () =>
  new Promise((resolve) => {
    asking.value?.(false);
    asking.value = (proved) => {
      asking.value = null;
      resolve(proved);
    };
  });

/** Asks for the password or a passkey before something weighty; drawn once in the page. */
export function ConfirmIdentity() {
  const answer = asking.value;
  return answer && html`<${Question} onAnswer=${answer} />`;
}

/** @param {{ onAnswer: (proved: boolean) => void }} props */
function Question({ onAnswer }) {
  const form = useForm({ password: "", code: "" });
  const wanted = useSignal(/** @type {import("./second_code.js").Second} */ (""));
  /** @type {import("/web/loading.js").OneState<{ items: import("./words.js").Passkey[], host: string }>} */
  const passkeys = useOne(passkeyObstacle() ? null : "session/passkeys", []);
  const here = passkeys.value?.items.some(({ host }) => host === passkeys.value?.host);
  const withPasskey = async () => {
    const done = await form.submit(async () => {
      const answer = await askPasskey(await post("session/passkeys/confirmation"));
      await post("session/passkeys/confirm", answer);
      return true;
    });
    if (done) onAnswer(true);
  };
  const submit = async () => {
    const { password, code } = form.values.value;
    const done = await form.submit(() =>
      withSecond(wanted, async () => {
        await post("session/confirm", { password, code: code || null });
        return true;
      }),
    );
    if (done) onAnswer(true);
  };
  return html`<${FormDialog}
    title=${t("accounts-confirm")}
    submit=${t("accounts-confirm-submit")}
    form=${form}
    onSubmit=${submit}
    onClose=${() => onAnswer(false)}
  >
    <p>${t("accounts-confirm-detail")}</p>
    <input class="g-hidden" type="text" autocomplete="username" value=${session.value?.login} readonly tabindex="-1" aria-hidden="true" />
    <${PasswordField} field=${form.field("password")} label=${t("accounts-password")} kind="current-password" autofocus />
    <${SecondCode} field=${form.field("code")} wanted=${wanted.value} />
    ${here && html`<${Button} icon="key" onClick=${() => void withPasskey()}>${t("accounts-passkey-confirm")}<//>`}
  <//>`;
}
