// @ts-check
import { classes, html } from "../kit/html.js";
import { Button } from "../kit/components/button.js";
import { Icon } from "../kit/components/icon.js";
import { Countdown } from "./countdown.js";

/**
 * One result that fills the stage in its colour: sign, word, what it is about, what to do.
 *
 * @param {object} props
 * @param {import("../desk.js").Desk} props.desk
 * @param {import("../kit/sound.js").Tone} props.tone
 * @param {string} props.icon
 * @param {string} [props.verb] the one big word
 * @param {string} props.title
 * @param {number} props.endsMs
 * @param {string} props.leave words on the button that ends this screen
 * @param {string | number} [props.pulse] the sign moves when this changes
 * @param {import("../vendor/preact.js").ComponentChildren} [props.children]
 */
export function Flood({ desk, tone, icon, verb, title, endsMs, leave, pulse, children }) {
  return html`<section class=${classes("k-flood", `g-tone-${tone}`)}>
    <${Countdown} desk=${desk} endsMs=${endsMs} />
    <div class="k-flood-sign" key=${pulse}><${Icon} name=${icon} /></div>
    <div class="k-flood-words">
      ${verb && html`<p class="k-verb">${verb}</p>`}
      <h1 class=${verb ? "k-flood-title k-flood-title-second" : "k-flood-title"}>${title}</h1>
      ${children}
    </div>
    <div class="k-flood-foot">
      <${Button} class="k-button-on-tone" icon="close" onClick=${() => desk.send({ type: "finish" })}>${leave}<//>
    </div>
  </section>`;
}
