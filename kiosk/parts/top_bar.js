// @ts-check
import { html } from "../kit/html.js";
import { formatDate, t } from "../kit/i18n.js";
import { Button } from "../kit/components/button.js";
import { LanguageSwitch } from "../kit/components/language_switch.js";
import { play, setSound, soundOn } from "../kit/sound.js";

/** Before this the machine cannot know the time: it has no battery clock. 2025-01-01. */
const BELIEVABLE_US = 1_735_689_600_000_000;

/** Where this is, what time it is, and the two things that anyone may set. @param {{desk: import("../desk.js").Desk}} props */
export function TopBar({ desk }) {
  const { site = "", agent = "" } = desk.state.value ?? {};
  return html`<header class="k-top">
    <div class="k-place">
      <img class="k-mark" src="/icon.svg" alt="" />
      <p><strong>${site || t("kiosk-title")}</strong>${agent && html`<span>${agent}</span>`}</p>
    </div>
    <${Clock} desk=${desk} />
    <${Button}
      class="k-sound"
      icon=${soundOn.value ? "sound" : "soundOff"}
      label=${t(soundOn.value ? "sound-on" : "sound-off")}
      onClick=${() => {
        setSound(!soundOn.value);
        play("ask");
      }}
    />
    <${LanguageSwitch} />
  </header>`;
}

/** @param {{desk: import("../desk.js").Desk}} props */
function Clock({ desk }) {
  // Reading the tick keeps the clock going.
  const us = desk.now.value >= 0 ? desk.wallUs() : 0;
  if (us < BELIEVABLE_US) return html`<p class="k-clock"><strong>--:--</strong></p>`;
  return html`<p class="k-clock"><span>${formatDate(us, "day")}</span><strong>${formatDate(us, "time")}</strong></p>`;
}
