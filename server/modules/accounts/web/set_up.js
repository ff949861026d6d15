// @ts-check
import { html, useMemo } from "/kit/html.js";
import { language, setLanguage, t } from "/kit/i18n.js";
import { SelectField, TextField, toast } from "/kit/kit.js";
import { post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { go } from "/web/router.js";
import { enter } from "/web/session.js";
import { EntryForm } from "./entry.js";
import { PasswordField } from "./password_field.js";

const FIRST_ZONE = "Asia/Tokyo";

/**
 * The first run: the site's name and its first admin.
 * @param {{ code: string, least: number }} props
 */
export function SetUp({ code, least }) {
  const zones = useMemo(() => knownZones().map((zone) => ({ value: zone, label: zone.replaceAll("_", " ") })), []);
  const form = useForm({ site: "", zone: ownZone(), language: language.value, name: "", login: "", password: "" });
  const submit = async () => {
    const { language: first, login, ...rest } = form.values.value;
    const opened = await form.submit(() => post("session/set-up", { code, language: first, login: login.trim(), ...rest }));
    if (!opened) return;
    go([]);
    enter(/** @type {import("/web/session.js").Session} */ (opened));
    toast(t("accounts-setup-done"));
  };
  const spoken = form.field("language");
  return html`<${EntryForm}
    title=${t("accounts-setup-title")}
    lead=${t("accounts-setup-lead")}
    submit=${t("accounts-setup-submit")}
    form=${form}
    onSubmit=${submit}
  >
    <${TextField} ...${form.field("site")} label=${t("accounts-setup-site")} placeholder=${t("accounts-setup-site-example")} required maxLength=${60} autofocus />
    <div class="form-pair">
      <${SelectField} ...${form.field("zone")} label=${t("accounts-setup-zone")} options=${zones} />
      <${SelectField}
        ...${spoken}
        label=${t("accounts-setup-language")}
        options=${[
          { value: "ja", label: "日本語" },
          { value: "en", label: "English" },
        ]}
        onChange=${(/** @type {string} */ chosen) => {
          spoken.onChange(chosen);
          setLanguage(chosen);
        }}
      />
    </div>
    <${TextField} ...${form.field("name")} label=${t("accounts-setup-you")} autocomplete="name" required maxLength=${100} />
    <${TextField} ...${form.field("login")} label=${t("accounts-login")} hint=${t("accounts-login-hint")} autocomplete="username" required maxLength=${60} />
    <${PasswordField} field=${form.field("password")} label=${t("accounts-password")} kind="new-password" hint=${t("accounts-password-hint", { least })} />
  <//>`;
}

function ownZone() {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return knownZones().includes(own) ? own : FIRST_ZONE;
}

/** Japan first: nobody should have to look for it. @returns {string[]} */
function knownZones() {
  const rest = Intl.supportedValuesOf("timeZone").filter((zone) => zone !== FIRST_ZONE);
  return [FIRST_ZONE, ...rest];
}
