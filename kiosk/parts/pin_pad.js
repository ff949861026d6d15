// @ts-check
import { html, useLayoutEffect, useRef, useSignal } from "../kit/html.js";
import { formatNumber, t, tOr } from "../kit/i18n.js";
import { Button } from "../kit/components/button.js";
import { Icon } from "../kit/components/icon.js";
import { Notice } from "../kit/components/notice.js";
import { Spinner } from "../kit/components/spinner.js";
import { Countdown } from "./countdown.js";

const SHORTEST = 6;
const LONGEST = 12;
const DIGITS = [..."123456789"];

/**
 * The PIN, by the keys on the screen or by a keyboard. It stands in no field: nothing offers to
 * keep it, and a screen reader says how many digits there are, never which.
 *
 * @param {{desk: import("../desk.js").Desk, screen: import("../messages.js").Session,
 *   pad: {busy: boolean, answer: import("../messages.js").PinAnswer | null}}} props
 */
export function PinPad({ desk, screen, pad }) {
  const pin = useSignal("");
  const title = useRef(/** @type {HTMLElement | null} */ (null));
  const { busy, answer } = pad;
  const asking = () => desk.signIn.pad.peek()?.busy ?? false;
  const type = (/** @type {string} */ digit) => {
    if (!asking()) pin.value = (pin.value + digit).slice(0, LONGEST);
  };
  const erase = () => (pin.value = pin.value.slice(0, -1));
  const enter = () => {
    if (asking() || pin.value.length < SHORTEST) return;
    const typed = pin.value;
    pin.value = "";
    desk.signIn.enter(typed);
  };
  // Before the next key can come: none is lost.
  useLayoutEffect(() => {
    title.current?.focus();
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const onButton = /** @type {HTMLElement} */ (event.target).matches("button");
      if (/^[0-9]$/.test(event.key)) type(event.key);
      else if (event.key === "Backspace") erase();
      else if (event.key === "Enter" && !onButton) enter();
      else if (event.key === "Escape") desk.signIn.close();
      else return;
      // Escape would end the session too.
      event.stopImmediatePropagation();
    };
    addEventListener("keydown", onKey, { capture: true });
    return () => removeEventListener("keydown", onKey, { capture: true });
  }, []);
  const count = pin.value.length;
  return html`<section class="k-pin" aria-labelledby="pin-title">
    <${Countdown} desk=${desk} endsMs=${screen.ends_ms} />
    <div class="k-pin-words">
      <p class="k-pin-who"><${Icon} name="person" />${t("session-hello", { name: screen.person.name })}</p>
      <h1 id="pin-title" ref=${title} tabindex="-1">${t("pin-title")}</h1>
      <p class="k-pin-dots" aria-hidden="true">
        ${Array.from({ length: Math.max(SHORTEST, count) }, (_, place) => html`<span class=${place < count ? "k-pin-dot k-pin-typed" : "k-pin-dot"} />`)}
      </p>
      <p class="g-hidden" role="status">${count > 0 && t("pin-typed", { shown: formatNumber(count) })}</p>
      ${busy && html`<p class="k-pin-asking" role="status"><${Spinner} />${t("pin-asking")}</p>`}
      ${answer && html`<${Answer} answer=${answer} />`}
    </div>
    <div class="k-pin-keys">
      ${DIGITS.map((digit) => html`<${Key} key=${digit} disabled=${busy} onPress=${() => type(digit)}>${digit}<//>`)}
      <${Key} disabled=${busy || count === 0} onPress=${erase}>${t("pin-delete")}<//>
      <${Key} disabled=${busy} onPress=${() => type("0")}>0<//>
      <${Key} main disabled=${busy || count < SHORTEST} onPress=${enter}>${t("pin-ok")}<//>
    </div>
    <div class="k-pin-foot"><${Button} icon="close" onClick=${() => desk.signIn.close()}>${t("leave-cancel")}<//></div>
  </section>`;
}

/**
 * Leaves the focus where it is when pressed by hand: Enter must not press the last digit again.
 * @param {{main?: boolean, disabled: boolean, onPress: () => void,
 *   children?: import("../vendor/preact.js").ComponentChildren}} props
 */
function Key({ main = false, disabled, onPress, children }) {
  return html`<button
    type="button"
    class=${main ? "k-key k-key-main" : "k-key"}
    disabled=${disabled}
    onMouseDown=${(/** @type {Event} */ event) => event.preventDefault()}
    onClick=${onPress}
  >${children}</button>`;
}

/** @param {{answer: import("../messages.js").PinAnswer}} props */
function Answer({ answer: { result, minutes } }) {
  const words = { minutes: formatNumber(minutes) };
  return html`<${Notice} live tone="error" title=${tOr(`pin-${result}`, "pin-refused")}>
    <p>${tOr(`pin-${result}-do`, "pin-refused-do", words)}</p>
  <//>`;
}
