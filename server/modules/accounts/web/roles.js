// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button, ConfirmDialog, Icon, SelectField, Spinner, toast } from "/kit/kit.js";
import { patch, remove } from "/web/api.js";
import { useOne } from "/web/loading.js";
import { PageHead } from "/web/page_head.js";
import { attempt } from "/web/refusals.js";
import { may } from "/web/session.js";
import { Trouble } from "/web/trouble.js";
import { RoleForm } from "./role_form.js";
import { permissionName, roleName } from "./words.js";

/** @typedef {import("./words.js").Role} Role */

const EVERYTHING = "*";

/** Which role may do what: a row for each permission, a column for each role. */
export function RolesPage() {
  /** @type {import("/web/loading.js").OneState<import("./words.js").Roles>} */
  const roles = useOne("roles", ["accounts"]);
  const dialog = useSignal(/** @type {{ what: "" | "new" } | { what: "edit" | "delete", role: Role }} */ ({ what: "" }));
  const busy = useSignal(false);
  const narrow = useSignal("manager");
  const close = () => (dialog.value = { what: "" });
  const write = may("accounts.write");

  /** @param {Role} role @param {string} permission @param {boolean} on */
  const set = async (role, permission, on) => {
    const permissions = on ? [...role.permissions, permission] : role.permissions.filter((held) => held !== permission);
    /** @type {Role | undefined} */
    const saved = await attempt(() => patch(`roles/${role.id}`, role.version, { permissions }));
    await roles.reload();
    if (!saved) return;
    const words = { role: roleName(role), permission: permissionName(permission) };
    toast(t(on ? "accounts-role-given" : "accounts-role-taken", words), {
      action: { label: t("web-undo"), onClick: () => void set(saved, permission, !on) },
    });
  };
  const drop = async (/** @type {Role} */ role) => {
    busy.value = true;
    const done = await attempt(async () => {
      await remove(`roles/${role.id}`);
      return true;
    }, t("accounts-role-deleted"));
    busy.value = false;
    if (done) close();
    void roles.reload();
  };

  const all = roles.value?.items ?? [];
  const shown = all.find(({ id }) => id === narrow.value) ?? all[0];
  const now = dialog.value;
  return html`
    <${PageHead}
      title=${t("accounts-roles")}
      lead=${t("accounts-roles-lead")}
      actions=${write && html`<${Button} kind="primary" icon="plus" onClick=${() => (dialog.value = { what: "new" })}>${t("accounts-role-new")}<//>`}
    />
    ${roles.error && html`<${Trouble} error=${roles.error} onRetry=${roles.reload} />`}
    ${roles.loading && html`<${Spinner} />`}
    ${
      shown &&
      html`<div class="matrix-choice">
          <${SelectField}
            label=${t("accounts-roles")}
            value=${shown.id}
            options=${all.map((role) => ({ value: role.id, label: roleName(role) }))}
            onChange=${(/** @type {string} */ id) => (narrow.value = id)}
          />
        </div>
        <div class="matrix-frame" tabindex="0" role="region" aria-label=${t("accounts-roles")}>
          <table class="matrix">
            <caption class="g-hidden">${t("accounts-roles")}</caption>
            <thead>
              <tr>
                <th scope="col">${t("accounts-permissions")}</th>
                ${all.map(
                  (role) => html`<th key=${role.id} scope="col" class=${role === shown ? "matrix-shown" : ""}>
                    <span>${roleName(role)}</span>
                    <span class="muted under">${t("accounts-role-holders", { count: role.accounts })}</span>
                    ${
                      write &&
                      !role.builtin &&
                      html`<span class="row">
                        <${Button} small kind="quiet" icon="edit" label=${t("web-edit")} onClick=${() => (dialog.value = { what: "edit", role })} />
                        ${role.accounts === 0 && html`<${Button} small kind="quiet" icon="trash" label=${t("accounts-role-delete")} onClick=${() => (dialog.value = { what: "delete", role })} />`}
                      </span>`
                    }
                  </th>`,
                )}
              </tr>
            </thead>
            <tbody>
              ${roles.value?.permissions.map(
                (permission) => html`<tr key=${permission}>
                  <th scope="row">${permissionName(permission)}</th>
                  ${all.map(
                    (role) => html`<td key=${role.id} class=${role === shown ? "matrix-shown" : ""}>
                      <${Cell}
                        role=${role}
                        permission=${permission}
                        disabled=${!write}
                        onChange=${(/** @type {boolean} */ on) => void set(role, permission, on)}
                      />
                    </td>`,
                  )}
                </tr>`,
              )}
            </tbody>
          </table>
        </div>`
    }
    ${
      (now.what === "new" || now.what === "edit") &&
      html`<${RoleForm}
        role=${now.what === "edit" ? now.role : null}
        onClose=${close}
        onSaved=${(/** @type {Role} */ saved) => {
          narrow.value = saved.id;
          close();
          void roles.reload();
        }}
      />`
    }
    ${
      now.what === "delete" &&
      html`<${ConfirmDialog}
        title=${t("accounts-role-delete-title")}
        confirm=${t("accounts-role-delete")}
        danger
        busy=${busy.value}
        onClose=${close}
        onConfirm=${() => void drop(now.role)}
      ><p>${t("accounts-role-delete-detail", { name: roleName(now.role) })}</p><//>`
    }
  `;
}

/** @param {{ role: Role, permission: string, disabled: boolean, onChange: (on: boolean) => void }} props */
function Cell({ role, permission, disabled, onChange }) {
  const label = `${roleName(role)}: ${permissionName(permission)}`;
  if (role.permissions.includes(EVERYTHING)) return html`<span class="matrix-always" title=${label}><${Icon} name="check" label=${label} /></span>`;
  const held = role.permissions.includes(permission);
  return html`<label class="matrix-cell">
    <input
      type="checkbox"
      aria-label=${label}
      checked=${held}
      disabled=${disabled}
      onChange=${(/** @type {{ currentTarget: HTMLInputElement }} */ event) => onChange(event.currentTarget.checked)}
    />
  </label>`;
}
