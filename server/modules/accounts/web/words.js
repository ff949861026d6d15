// @ts-check
// The API's structs of this module, and how its roles are called.

import { has, t } from "/kit/i18n.js";

/**
 * @typedef {object} Account
 * @property {string} id
 * @property {string} login
 * @property {string} name
 * @property {string | null} email
 * @property {string | null} person
 * @property {string[]} roles
 * @property {boolean} disabled
 * @property {boolean} has_password
 * @property {boolean} has_pin
 * @property {boolean} second_factor
 * @property {string} created_at
 * @property {string | null} signed_in_at
 * @property {number} version
 */

/**
 * @typedef {object} Role
 * @property {string} id
 * @property {string} title empty for built-in roles
 * @property {boolean} builtin
 * @property {string[]} permissions
 * @property {number} accounts
 * @property {number} version
 */

/** @typedef {{ items: Role[], permissions: string[] }} Roles */
/** @typedef {{ path: string, expires_at: string }} OneTimeLink */

/**
 * @typedef {object} SessionView
 * @property {string} id
 * @property {"browser" | "kiosk"} kind
 * @property {string} method
 * @property {string} created_at
 * @property {string} seen_at
 * @property {string} ends_at
 * @property {string} address
 * @property {string} user_agent
 * @property {boolean} current
 */

/**
 * @typedef {object} Client
 * @property {string} id
 * @property {string} name
 * @property {string[]} roles
 * @property {boolean} disabled
 * @property {string} created_at
 * @property {string} created_by
 * @property {string} secret_changed_at
 * @property {string | null} used_at
 * @property {string} address
 * @property {number} version
 */

/** @typedef {{ client: Client, secret: string }} ClientSecret */

/**
 * @typedef {object} App
 * @property {string} id
 * @property {string} name
 * @property {string} created_at
 * @property {string} refreshed_at
 * @property {string} ends_at
 * @property {string} address
 */

/**
 * @typedef {object} Passkey
 * @property {string} id
 * @property {string} name
 * @property {string} host where it works
 * @property {string} created_at
 * @property {string | null} used_at
 * @property {number} version
 */

/**
 * @typedef {object} SecondFactors
 * @property {boolean} wanted
 * @property {string | null} due
 * @property {boolean} totp
 * @property {number} passkeys
 * @property {number} recovery_codes
 */

/**
 * @typedef {object} Token
 * @property {string} id
 * @property {string} name
 * @property {string[]} permissions
 * @property {"valid" | "expired" | "revoked"} state
 * @property {string} creator
 * @property {string} created_at
 * @property {string | null} expires_at
 * @property {string | null} used_at
 */

/** @typedef {{ token: Token, secret: string }} TokenMade */

/** @param {Pick<Role, "id" | "title">} role */
export function roleName({ id, title }) {
  return title || (has(`accounts-role-${id}`) ? t(`accounts-role-${id}`) : id);
}

/** @param {string} permission such as `loans.read` */
export function permissionName(permission) {
  const id = `permission-${permission.replaceAll(".", "-")}`;
  return has(id) ? t(id) : permission;
}
