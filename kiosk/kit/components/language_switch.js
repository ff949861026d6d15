// @ts-check
import { html } from "../html.js";
import { language, languages, setLanguage, t } from "../i18n.js";
import { Segmented } from "./segmented.js";

/** @type {Record<string, string>} Each language in its own words, so that one who needs it finds it. */
const NAMES = { ja: "日本語", en: "English" };

/** Lets the user choose among the loaded languages. */
export function LanguageSwitch() {
  return html`<${Segmented}
    label=${t("kit-language")}
    value=${language.value}
    options=${languages.value.map((code) => ({ value: code, label: NAMES[code] ?? code, lang: code }))}
    onChange=${(/** @type {string} */ code) => setLanguage(code)}
  />`;
}
