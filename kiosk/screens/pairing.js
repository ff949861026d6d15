// @ts-check
import { html, useSignal } from "../kit/html.js";
import { formatNumber, t, tOr } from "../kit/i18n.js";
import { Button } from "../kit/components/button.js";
import { Icon } from "../kit/components/icon.js";
import { Notice } from "../kit/components/notice.js";
import { Spinner } from "../kit/components/spinner.js";
import { AddressPad } from "../parts/address_pad.js";

/**
 * The kiosk becomes one of a site's: choose the site, then show the code that an admin types.
 * @param {{desk: import("../desk.js").Desk, pairing: import("../messages.js").Pairing,
 *   state: import("../messages.js").State}} props
 */
export function Pairing({ desk, pairing, state }) {
  switch (pairing.type) {
    case "show_code":
      return html`<${ShowCode} desk=${desk} pairing=${pairing} state=${state} />`;
    case "asking_site":
      return html`<${Asking} desk=${desk} address=${pairing.address} />`;
    case "confirm_site":
      return html`<${Confirm} desk=${desk} pairing=${pairing} />`;
    default:
      return html`<${Choose} desk=${desk} pairing=${pairing} />`;
  }
}

/** @param {{desk: import("../desk.js").Desk, pairing: import("../messages.js").ChooseSite}} props */
function Choose({ desk, pairing }) {
  const typing = useSignal(pairing.address !== "");
  const address = useSignal(pairing.address);
  const problem =
    pairing.problem &&
    html`<${Notice} live tone="error" title=${tOr(`pair-problem-${pairing.problem}`, "pair-problem-unreachable")}>
      <p>${tOr(`pair-problem-${pairing.problem}-do`, "pair-problem-unreachable-do")}</p>
    <//>`;
  if (typing.value) {
    return html`<section class="k-pair k-pair-typing">
      <h1>${t("pair-address")}</h1>
      ${problem}
      <${AddressPad}
        value=${address.value}
        onInput=${(/** @type {string} */ value) => (address.value = value)}
        onDone=${() => desk.send({ type: "pair_with", site: "", address: address.value })}
        onBack=${() => (typing.value = false)}
      />
    </section>`;
  }
  return html`<section class="k-pair">
    <h1>${t("pair-title")}</h1>
    ${problem}
    ${
      pairing.sites.length === 0
        ? html`<div class="k-pair-search"><${Spinner} /><p>${t("pair-searching")}</p><p class="k-pair-hint">${t("pair-none-do")}</p></div>`
        : html`<p class="k-pair-lead">${t("pair-choose")}</p>
            <ul class="k-pair-sites">
              ${pairing.sites.map(
                (site) => html`<li key=${site.id || site.address}>
                  <button class="k-pair-site" type="button" onClick=${() => desk.send(chosen(site))}>
                    <${Icon} name="link" />
                    <span><strong>${site.name}</strong><small class="g-code">${site.address}</small></span>
                    <${Icon} name="chevronRight" />
                  </button>
                </li>`,
              )}
            </ul>`
    }
    <div class="k-pair-foot">
      <${Button} icon="edit" onClick=${() => (typing.value = true)}>${t("pair-type")}<//>
      <${Button} kind="quiet" onClick=${() => desk.send({ type: "stop_pairing" })}>${t("pair-later")}<//>
    </div>
  </section>`;
}

/**
 * @param {import("../messages.js").Site} site
 * @returns {import("../messages.js").FromKiosk}
 */
function chosen(site) {
  return { type: "pair_with", site: site.id, address: site.id ? "" : site.address };
}

/** @param {{desk: import("../desk.js").Desk, address: string}} props */
function Asking({ desk, address }) {
  return html`<section class="k-pair">
    <div class="k-pair-search"><${Spinner} /><p>${t("pair-asking")}</p><p class="k-pair-hint g-code">${address}</p></div>
    <div class="k-pair-foot"><${Back} desk=${desk} /></div>
  </section>`;
}

/**
 * The code in very large letters: it is read across a room, or over the telephone.
 * @param {{desk: import("../desk.js").Desk, pairing: import("../messages.js").ShowCode,
 *   state: import("../messages.js").State}} props
 */
function ShowCode({ desk, pairing, state }) {
  const minutes = Math.max(1, Math.ceil(desk.left(pairing.ends_ms) / 60_000));
  const waiting = state.link.waiting;
  return html`<section class="k-pair k-pair-showing">
    <h1>${t("pair-code-do")}</h1>
    <p class="k-pair-code g-code" aria-label=${[...pairing.code].join(" ")}>${pairing.code}</p>
    <ul class="k-pair-facts">
      <li><${Icon} name="link" /><span>${t("pair-code-server")} <span class="g-code">${pairing.address}</span></span></li>
      <li><${Icon} name="clock" /><span>${t("pair-code-left", { minutes: formatNumber(minutes) })}</span></li>
      ${waiting > 0 && html`<li><${Icon} name="disk" /><span>${t("pair-kept", { shown: formatNumber(waiting) })}</span></li>`}
      ${pairing.problem && html`<li role="alert"><${Icon} name="linkOff" /><span>${t("pair-code-unreachable")}</span></li>`}
    </ul>
    <div class="k-pair-foot"><${Back} desk=${desk} /></div>
  </section>`;
}

/**
 * Another site than before has approved: a person must know of that before records go there.
 * @param {{desk: import("../desk.js").Desk, pairing: import("../messages.js").ConfirmSite}} props
 */
function Confirm({ desk, pairing }) {
  return html`<section class="k-pair" role="alert">
    <h1>${t("pair-other-title")}</h1>
    <${Notice} tone="ask" icon="alert" title=${pairing.site || pairing.address}>
      <p class="g-code">${pairing.address}</p>
      <p>${t("pair-other-do", { shown: formatNumber(pairing.waiting) })}</p>
    <//>
    <div class="k-pair-foot">
      <${Button} kind="primary" icon="close" onClick=${() => desk.send({ type: "stop_pairing" })}>${t("pair-other-no")}<//>
      <${Button} icon="upload" onClick=${() => desk.send({ type: "confirm_pairing" })}>${t("pair-other-yes")}<//>
    </div>
  </section>`;
}

function Back(/** @type {{desk: import("../desk.js").Desk}} */ { desk }) {
  return html`<${Button} icon="back" onClick=${() => desk.send({ type: "stop_pairing" })}>${t("pair-back")}<//>`;
}
