// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { CheckField } from "/kit/kit.js";
import { roleName } from "./words.js";

/**
 * Which roles somebody or something has. The field's value is their ids, with a space between.
 * @param {object} props
 * @param {ReturnType<import("/web/form.js").Form["field"]>} props.field
 * @param {readonly import("./words.js").Role[]} props.roles
 */
export function RoleChecks({ field, roles }) {
  const chosen = new Set(idsOf(field.value));
  /** @param {string} id @param {boolean} on */
  const set = (id, on) => {
    if (on) chosen.add(id);
    else chosen.delete(id);
    field.onChange([...chosen].sort().join(" "));
  };
  return html`<fieldset class="checks">
    <legend>${t("accounts-roles")}</legend>
    ${roles.map(
      (role) => html`<${CheckField}
        key=${role.id}
        label=${roleName(role)}
        checked=${chosen.has(role.id)}
        onChange=${(/** @type {boolean} */ on) => set(role.id, on)}
      />`,
    )}
    ${field.error && html`<p class="g-field-error" role="alert">${field.error}</p>`}
  </fieldset>`;
}

/** @param {string} value of the field */
export function idsOf(value) {
  return value.split(" ").filter(Boolean);
}
