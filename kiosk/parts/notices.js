// @ts-check
import { html } from "../kit/html.js";
import { formatNumber, has, t, tOr } from "../kit/i18n.js";
import { Button } from "../kit/components/button.js";
import { Notice } from "../kit/components/notice.js";

const TROUBLE_MS = 8_000;
const MENDED_BY_PAIRING = ["not_enrolled", "unauthorized", "revoked", "other_site"];

/**
 * What someone has to look after, above whatever the stage shows.
 * @param {{desk: import("../desk.js").Desk, state: import("../messages.js").State}} props
 */
export function Notices({ desk, state }) {
  const { link, readers, screen, set_aside: setAside } = state;
  const readerGone = !readers.some((reader) => reader.state === "ready");
  const problem = link.problem && has(`link-problem-${link.problem}`) ? link.problem : null;
  const trouble = desk.trouble.value;
  return html`<div class="k-notices">
    ${
      trouble &&
      desk.left(TROUBLE_MS, trouble.at) > 0 &&
      html`<${Notice} live tone="error" icon="cardUnknown" title=${tOr(`trouble-${trouble.code}`, "trouble-card_unreadable")}>
        <p>${t("trouble-do")}</p>
      <//>`
    }
    ${
      problem &&
      !state.pairing &&
      html`<${Notice}
        live
        tone="ask"
        icon="lock"
        title=${t(`link-problem-${problem}`)}
        actions=${
          MENDED_BY_PAIRING.includes(problem) &&
          html`<${Button} icon="link" onClick=${() => desk.send({ type: "start_pairing" })}>${t("pair-start")}<//>`
        }
      >
        <p>${t(`link-problem-${problem}-do`)}</p>
      <//>`
    }
    ${
      setAside > 0 &&
      html`<${Notice} live tone="ask" icon="disk" title=${t("set-aside", { count: setAside, shown: formatNumber(setAside) })}>
        <p>${t("set-aside-do")}</p>
      <//>`
    }
    ${
      readerGone &&
      screen.type !== "waiting" &&
      html`<${Notice} live tone="error" icon="reader" title=${t("reader-gone")}><p>${t("reader-gone-do")}</p><//>`
    }
  </div>`;
}
