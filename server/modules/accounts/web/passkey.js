// @ts-check
// Asks the browser for passkeys (Web Authentication Level 3). The server speaks the standard's JSON;
// the browser wants bytes.

import { t } from "/kit/i18n.js";
import { Refusal } from "/web/api.js";

/** @typedef {{ id: string, transports: string[], type: "public-key" }} KnownCredential */

/**
 * @typedef {object} RegistrationOptions
 * @property {string} challenge
 * @property {{ id: string, name: string }} rp
 * @property {{ id: string, name: string, displayName: string }} user
 * @property {{ alg: number, type: "public-key" }[]} pubKeyCredParams
 * @property {KnownCredential[]} excludeCredentials
 * @property {AuthenticatorSelectionCriteria} authenticatorSelection
 * @property {"none"} attestation
 * @property {number} timeout milliseconds
 */

/**
 * @typedef {object} AssertionOptions
 * @property {string} challenge
 * @property {string} rpId
 * @property {KnownCredential[]} allowCredentials
 * @property {"required"} userVerification
 * @property {number} timeout milliseconds
 */

/**
 * Why there are no passkeys here, or nothing: they belong to a host name, and want https.
 * @returns {"" | "insecure" | "missing"}
 */
export function passkeyObstacle() {
  const address = /^[\d.]+$|^\[/.test(location.hostname);
  if (!isSecureContext || address) return "insecure";
  return typeof PublicKeyCredential === "function" ? "" : "missing";
}

/** Whether the browser can offer passkeys in the login field by itself. */
export async function canOffer() {
  if (passkeyObstacle()) return false;
  return (await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false;
}

/**
 * Have a passkey made. Throws a Refusal when nothing came of it.
 * @param {RegistrationOptions} options
 */
export async function makePasskey(options) {
  const { user, challenge, excludeCredentials, ...rest } = options;
  const made = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        ...rest,
        challenge: bytes(challenge),
        user: { ...user, id: bytes(user.id) },
        excludeCredentials: excludeCredentials.map(known),
      },
    }),
  );
  const response = /** @type {AuthenticatorAttestationResponse} */ (made.response);
  return {
    id: made.id,
    clientDataJSON: text(response.clientDataJSON),
    attestationObject: text(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  };
}

/**
 * Have a passkey sign. Throws a Refusal when nothing came of it.
 * @param {AssertionOptions} options
 * @param {{ mediation?: CredentialMediationRequirement, signal?: AbortSignal }} [how]
 */
export async function askPasskey(options, how = {}) {
  const { challenge, allowCredentials, ...rest } = options;
  const used = await asked(() =>
    navigator.credentials.get({
      ...how,
      publicKey: { ...rest, challenge: bytes(challenge), allowCredentials: allowCredentials.map(known) },
    }),
  );
  const response = /** @type {AuthenticatorAssertionResponse} */ (used.response);
  return {
    id: used.id,
    clientDataJSON: text(response.clientDataJSON),
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
    userHandle: response.userHandle ? text(response.userHandle) : null,
  };
}

/**
 * @param {() => Promise<Credential | null>} ask
 * @returns {Promise<PublicKeyCredential>}
 */
async function asked(ask) {
  try {
    const found = await ask();
    if (found instanceof PublicKeyCredential) return found;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    if (error.name === "InvalidStateError") throw refusal(t("accounts-passkey-known"), "");
  }
  throw refusal(t("accounts-passkey-no-answer"), t("accounts-passkey-no-answer-detail"));
}

/** @param {string} title @param {string} detail */
function refusal(title, detail) {
  return new Refusal({ type: "about:blank", title, detail, status: 0 });
}

/** @param {KnownCredential} credential @returns {PublicKeyCredentialDescriptor} */
function known({ id, transports, type }) {
  return { id: bytes(id), type, transports: /** @type {AuthenticatorTransport[]} */ (transports) };
}

/** @param {string} base64url */
function bytes(base64url) {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer} buffer */
function text(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
