// @ts-check
import { html } from "../kit/html.js";
import { t } from "../kit/i18n.js";
import { Button } from "../kit/components/button.js";
import { EmptyState } from "../kit/components/empty_state.js";
import { Icon } from "../kit/components/icon.js";
import { TONE_ICONS } from "../kit/components/tone.js";
import { Countdown } from "../parts/countdown.js";
import { LineList } from "../parts/line_list.js";
import { PinPad } from "../parts/pin_pad.js";
import { MyLoans } from "./my_loans.js";

/**
 * A person is here: the last result large, then what was done and what they have.
 * @param {{desk: import("../desk.js").Desk, screen: import("../messages.js").Session,
 *   state: import("../messages.js").State}} props
 */
export function Session({ desk, screen, state }) {
  const { person, lines, loans, ends_ms: endsMs } = screen;
  const pad = desk.signIn.pad.value;
  if (pad) return html`<${PinPad} desk=${desk} screen=${screen} pad=${pad} />`;
  return html`<section class="k-session">
    <${Countdown} desk=${desk} endsMs=${endsMs} />
    <${Band} line=${lines[0]} pulse=${state.feedback?.number} />
    <div class="k-person">
      <${Icon} name="person" />
      <p>
        ${person.reading && html`<span>${person.reading}</span>`}
        <strong>${t("session-hello", { name: person.name })}</strong>
      </p>
      <span class="g-code">${person.code}</span>
      ${
        state.link.online &&
        html`<${Button} icon="key" onClick=${() => desk.signIn.open(state)}>${t("signin-open")}<//>`
      }
      <${Button} kind="primary" icon="check" onClick=${() => desk.send({ type: "finish" })}>${t("finish")}<//>
    </div>
    <div class="k-columns">
      <section class="k-column">
        <h2>${t("lines-title")}</h2>
        ${
          lines.length
            ? html`<${LineList} desk=${desk} lines=${lines} />`
            : html`<${EmptyState} icon="reader" title=${t("lines-none")}>${t("lines-none-do")}<//>`
        }
      </section>
      <${MyLoans} loans=${loans} nowUs=${desk.wallUs()} />
    </div>
  </section>`;
}

/**
 * The full-width answer to the last tap.
 * @param {{line: import("../messages.js").Line | undefined, pulse: number | undefined}} props
 */
function Band({ line, pulse }) {
  if (!line) {
    return html`<div class="k-band k-band-ready"><${Icon} name="reader" /><p><strong>${t("session-prompt")}</strong></p></div>`;
  }
  return html`<div key=${`${pulse}-${line.fact}-${line.what}`} class=${`k-band g-tone-${line.what}`}>
    <${Icon} name=${TONE_ICONS[line.what]} />
    <p><strong class="k-verb">${t(`verb-${line.what}`)}</strong><span>${line.item.name}</span></p>
  </div>`;
}
