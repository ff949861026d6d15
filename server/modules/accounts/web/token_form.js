// @ts-check
import { html } from "/kit/html.js";
import { has, t } from "/kit/i18n.js";
import { CheckField, Notice, SelectField, Spinner, TextField } from "/kit/kit.js";
import { post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { useOne } from "/web/loading.js";
import { session } from "/web/session.js";
import { Trouble } from "/web/trouble.js";
import { permissionName } from "./words.js";

const EVERYTHING = "*";
const NEVER = "never";
const LASTS = ["30", "90", "365", NEVER];
/** Under which words a module's permissions stand: those of its page. @type {Record<string, string>} */
const GROUPS = {
  people: "people-people",
  loans: "loans-loans",
  devices: "devices-agents",
  accounts: "accounts-accounts",
  system: "system-health",
};

/**
 * A new token: its name, what it may do, and for how long.
 * @param {{ onClose: () => void, onMade: (made: import("./words.js").TokenMade) => void }} props
 */
export function TokenForm({ onClose, onMade }) {
  const form = useForm({ name: "", permissions: "", days: LASTS[1] });
  const held = session.value?.permissions ?? [];
  // Who may do everything does not hold a list of it.
  /** @type {import("/web/loading.js").OneState<import("./words.js").Roles>} */
  const roles = useOne(held.includes(EVERYTHING) ? "roles" : null, []);
  const given = held.includes(EVERYTHING) ? roles.value?.permissions : held;
  const field = form.field("permissions");
  const chosen = new Set(field.value.split(" ").filter(Boolean));

  /** @param {string} permission @param {boolean} on */
  const set = (permission, on) => {
    if (on) chosen.add(permission);
    else chosen.delete(permission);
    field.onChange([...chosen].sort().join(" "));
  };
  const save = async () => {
    if (chosen.size === 0) {
      form.mark(["permissions"], t("accounts-token-nothing"));
      return;
    }
    const { name, days } = form.values.value;
    const body = { name: name.trim(), permissions: [...chosen].sort(), days: days === NEVER ? null : Number(days) };
    /** @type {import("./words.js").TokenMade | undefined} */
    const made = await form.submit(() => post("tokens", body));
    if (made) onMade(made);
  };
  return html`<${FormDialog} title=${t("accounts-token-new")} submit=${t("web-create")} form=${form} onSubmit=${save} onClose=${onClose}>
    <${TextField} ...${form.field("name")} label=${t("accounts-name")} hint=${t("accounts-token-name-hint")} required maxLength=${60} autofocus />
    <${SelectField}
      ...${form.field("days")}
      label=${t("accounts-token-lasts")}
      options=${LASTS.map((days) => ({ value: days, label: t(`accounts-token-days-${days}`) }))}
    />
    ${form.values.value.days === NEVER && html`<${Notice} tone="ask" live>${t("accounts-token-never-warning")}<//>`}
    ${roles.error && html`<${Trouble} error=${roles.error} onRetry=${roles.reload} />`}
    ${!given && !roles.error && html`<${Spinner} />`}
    ${groupsOf(given ?? []).map(
      ([module, permissions]) => html`<fieldset class="checks one-column" key=${module}>
        <legend>${has(GROUPS[module] ?? "") ? t(GROUPS[module]) : module}</legend>
        ${permissions.map(
          (permission) => html`<${CheckField}
            key=${permission}
            label=${permissionName(permission)}
            checked=${chosen.has(permission)}
            onChange=${(/** @type {boolean} */ on) => set(permission, on)}
          />`,
        )}
      </fieldset>`,
    )}
    ${field.error && html`<p class="g-field-error" role="alert">${field.error}</p>`}
  <//>`;
}

/** @param {readonly string[]} permissions @returns {[string, string[]][]} */
function groupsOf(permissions) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const permission of permissions) {
    const [module] = permission.split(".");
    groups.set(module, [...(groups.get(module) ?? []), permission]);
  }
  return [...groups];
}
