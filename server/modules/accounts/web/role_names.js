// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { useOne } from "/web/loading.js";
import { roleName } from "./words.js";

/** All roles as they are now, and their names by id. */
export function useRoles() {
  /** @type {import("/web/loading.js").OneState<import("./words.js").Roles>} */
  const found = useOne("roles", ["accounts"]);
  const all = found.value?.items ?? [];
  return { all, names: new Map(all.map((role) => [role.id, roleName(role)])) };
}

/**
 * The names of somebody's roles.
 * @param {object} props
 * @param {readonly string[]} props.roles ids
 * @param {ReadonlyMap<string, string>} props.names
 */
export function RoleNames({ roles, names }) {
  if (roles.length === 0) return html`<span class="muted">${t("accounts-role-none")}</span>`;
  return roles.map((id) => names.get(id) ?? id).join(t("accounts-comma"));
}
