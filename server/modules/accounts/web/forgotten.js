// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, TextField } from "/kit/kit.js";
import { post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { EntryBox, EntryForm } from "./entry.js";

/**
 * Asks for a link by mail. What it answers says nothing about who has an account.
 *
 * @param {object} props
 * @param {string} props.site
 * @param {string} props.who what was typed as a login already
 * @param {() => void} props.onBack
 */
export function Forgotten({ site, who, onBack }) {
  const form = useForm({ who });
  const sent = useSignal(false);
  const submit = async () => {
    const done = await form.submit(async () => {
      await post("session/forgotten", { who: form.values.value.who.trim() });
      return true;
    });
    if (done) sent.value = true;
  };
  const back = html`<${Button} icon="back" onClick=${onBack}>${t("accounts-to-signin")}<//>`;
  if (sent.value) {
    return html`<${EntryBox} title=${t("accounts-forgotten-sent")} site=${site} lead=${t("accounts-forgotten-sent-detail")}>${back}<//>`;
  }
  return html`<${EntryForm}
    title=${t("accounts-forgotten")}
    site=${site}
    lead=${t("accounts-forgotten-detail")}
    submit=${t("accounts-forgotten-submit")}
    form=${form}
    onSubmit=${submit}
    after=${back}
    below=${html`<p>${t("accounts-forgotten-otherwise")}</p>`}
  >
    <${TextField} ...${form.field("who")} label=${t("accounts-forgotten-who")} autocomplete="username" required maxLength=${254} autofocus />
  <//>`;
}
