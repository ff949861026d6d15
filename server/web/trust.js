// @ts-check
// The way to the page that makes a device trust the site's own certificate authority.

import { html, useEffect, useSignal } from "/kit/html.js";
import { language, t } from "/kit/i18n.js";
import { get } from "/web/api.js";

const BYTES_A_LINE = 8;

/**
 * The site's certificate authority, both empty where it has none of its own.
 * @typedef {object} Authority
 * @property {string} name
 * @property {string} sha256 hexadecimal, by colons
 */

/** @returns {Authority | null} */
function useAuthority() {
  const found = useSignal(/** @type {Authority | null} */ (null));
  useEffect(() => {
    // Nobody waits for it: where no answer comes, the page itself says so.
    get("authority").then(
      (authority) => (found.value = /** @type {Authority} */ (authority)),
      () => undefined,
    );
  }, []);
  return found.value?.sha256 ? found.value : null;
}

function page() {
  return `/trust?language=${language.value}`;
}

/** The link for who sees a warning. */
export function TrustLink() {
  return useAuthority() && html`<a class="trust-link" href=${page()}>${t("trust-link")}</a>`;
}

/** What an admin compares when another device is set up. */
export function TrustPanel() {
  const authority = useAuthority();
  if (!authority) return null;
  return html`<section class="panel trust">
    <h2>${t("trust-authority")}</h2>
    <p class="muted">${t("trust-authority-lead")}</p>
    <p>${t("trust-fingerprint")} · ${authority.name} · SHA-256</p>
    <code class="g-code">${lines(authority.sha256).map((line) => html`<span key=${line}>${line}</span>`)}</code>
    <p><a href=${page()}>${t("trust-open-page")}</a></p>
  </section>`;
}

/**
 * As the page itself shows it: four lines of eight bytes.
 * @param {string} sha256
 */
function lines(sha256) {
  const bytes = sha256.split(":");
  const starts = bytes.map((_, at) => at).filter((at) => at % BYTES_A_LINE === 0);
  return starts.map((at) => bytes.slice(at, at + BYTES_A_LINE).join(" "));
}
