// @ts-check
import { html, useEffect, useSignal } from "../kit/html.js";
import { t } from "../kit/i18n.js";
import { Badge } from "../kit/components/badge.js";
import { Button } from "../kit/components/button.js";
import { Icon } from "../kit/components/icon.js";
import { SearchField } from "../kit/components/search_field.js";
import { Segmented } from "../kit/components/segmented.js";

const TYPING_MS = 150;
/** Narrower than this the drawer starts closed, so that the stage keeps its size. */
const ROOMY = "(min-width: 68rem)";

/**
 * The demo's cards: pressing one holds it to the virtual reader.
 * @param {{desk: import("../desk.js").Desk}} props
 */
export function Drawer({ desk }) {
  const open = useSignal(matchMedia(ROOMY).matches);
  const search = useSignal("");
  const kind = useSignal("items");
  const feedback = desk.state.value?.feedback?.number;
  const status = desk.live.status.value;
  useEffect(() => {
    if (!open.value) return undefined;
    const timer = setTimeout(() => desk.send({ type: "ask_samples", search: search.value }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [open.value, search.value, feedback, status]);

  if (!open.value) {
    return html`<aside class="k-drawer k-drawer-closed">
      <${Button} icon="card" onClick=${() => (open.value = true)}>${t("drawer-open")}<//>
    </aside>`;
  }
  const cards = desk.samples.value?.[kind.value === "items" ? "items" : "people"] ?? [];
  return html`<aside class="k-drawer" aria-label=${t("drawer-title")}>
    <header>
      <h2>${t("drawer-title")}</h2>
      <${Button} kind="quiet" icon="chevronRight" label=${t("drawer-close")} onClick=${() => (open.value = false)} />
    </header>
    <p class="k-drawer-how">${t("drawer-how")}</p>
    <${Segmented}
      label=${t("drawer-kind")}
      value=${kind.value}
      options=${[
        { value: "items", label: t("drawer-items") },
        { value: "people", label: t("drawer-people") },
      ]}
      onChange=${(/** @type {string} */ value) => (kind.value = value)}
    />
    <${SearchField} value=${search.value} label=${t("drawer-search")} onInput=${(/** @type {string} */ value) => (search.value = value)} />
    <ul>
      ${cards.map(
        (card) => html`<li key=${card.uid}>
          <button type="button" class="k-sample" data-uid=${card.uid} onClick=${() => desk.send({ type: "tap", uid: card.uid })}>
            <${Icon} name=${kind.value === "items" ? "tag" : "person"} />
            <span><strong>${card.title}</strong><small>${card.detail}</small></span>
            ${card.on_loan && html`<${Badge} tone="borrowed" icon="out">${t("drawer-out")}<//>`}
          </button>
        </li>`,
      )}
      ${cards.length === 0 && html`<li class="k-drawer-none">${t(search.value ? "drawer-none" : "drawer-empty")}</li>`}
    </ul>
  </aside>`;
}
