// @ts-check
import { html, useEffect, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Button } from "/kit/kit.js";
import { post } from "/web/api.js";
import { enter } from "/web/session.js";
import { askPasskey, canOffer, passkeyObstacle } from "./passkey.js";

/** @typedef {import("./passkey.js").AssertionOptions} AssertionOptions */

/** A challenge is answered well before the server forgets it. */
const SHARE_OF_TIMEOUT = 0.8;

/**
 * Signs in with a passkey: by a button, and by what the browser offers in the login field.
 * @param {{ form: import("/web/form.js").Form }} props the form that says what was refused
 */
export function PasskeySignIn({ form }) {
  // The browser asks for one passkey at a time: the button ends the offer, and brings it back.
  const offering = useSignal(1);
  useEffect(() => {
    if (offering.value === 0) return undefined;
    const over = new AbortController();
    void offer(over.signal, form);
    return () => over.abort();
  }, [offering.value]);
  if (passkeyObstacle()) return null;
  const use = async () => {
    offering.value = 0;
    await form.submit(async () => {
      const answer = await askPasskey(await challenge());
      enter(await post("session/passkeys/sign-in", answer));
    });
    offering.value += 1;
  };
  return html`<p class="signin-or"><span>${t("accounts-signin-or")}</span></p>
    <${Button} icon="key" busy=${form.busy.value} onClick=${() => void use()}>${t("accounts-passkey-signin")}<//>`;
}

/** @returns {Promise<AssertionOptions>} */
function challenge() {
  return post("session/passkeys/challenge");
}

/**
 * @param {AbortSignal} over
 * @param {import("/web/form.js").Form} form
 */
async function offer(over, form) {
  if (!(await canOffer())) return;
  while (!over.aborted) {
    /** @type {AbortSignal | undefined} */
    let stale;
    try {
      const options = await challenge();
      stale = AbortSignal.timeout(options.timeout * SHARE_OF_TIMEOUT);
      const answer = await askPasskey(options, { mediation: "conditional", signal: AbortSignal.any([over, stale]) });
      await form.submit(async () => enter(await post("session/passkeys/sign-in", answer)));
      return;
    } catch {
      // Nobody took the offer, or the server is away: the form works without it.
      if (!stale?.aborted) return;
    }
  }
}
