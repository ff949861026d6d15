// @ts-check
import { html, useMemo, useSignal } from "/kit/html.js";
import { formatNumber, t, tOr } from "/kit/i18n.js";
import { Button, Card, Notice, Spinner, TextField, toast } from "/kit/kit.js";
import { address, post } from "/web/api.js";
import { Facts } from "/web/facts.js";
import { Form } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { useOne } from "/web/loading.js";
import { Trouble } from "/web/trouble.js";

/** @typedef {import("./words.js").Person} Person */
/** @typedef {{ reason: string, count: number, blocks: boolean }} Kept */
/** @typedef {{ held: Record<string, number>, keeps: Kept[], blocked: boolean }} PrivacyView */

/**
 * What is held on a person, as a file for them; and forgetting them.
 * @param {{ person: Person, onErased: () => void }} props
 */
export function PrivacyCard({ person, onErased }) {
  /** @type {import("/web/loading.js").OneState<PrivacyView>} */
  const one = useOne(`people/${person.id}/privacy`, ["people", "loans"]);
  const asking = useSignal(false);
  const view = one.value;
  if (!view) {
    return html`<${Card} title=${t("people-privacy")}>
      ${one.error ? html`<${Trouble} error=${one.error} onRetry=${one.reload} />` : html`<${Spinner} />`}
    <//>`;
  }
  const held = Object.entries(view.held).filter(([, count]) => count > 0);
  return html`<${Card} title=${t("people-privacy")}>
    <p class="muted">${t("people-privacy-lead")}</p>
    <h3>${t("people-privacy-held")}</h3>
    <${Facts}
      rows=${held.map(([name, count]) => [tOr(`privacy-set-${name.replaceAll(".", "-")}`, "privacy-set-other"), formatNumber(count)])}
    />
    <div class="row-actions">
      <${Button} icon="download" href=${address(`people/${person.id}/privacy.zip`)} download="personal-data.zip">
        ${t("people-privacy-download")}
      <//>
      ${!person.erased && html`<${Button} kind="danger" onClick=${() => (asking.value = true)}>${t("people-erase")}<//>`}
    </div>
    ${asking.value && html`<${EraseDialog} person=${person} view=${view} onClose=${() => (asking.value = false)} onErased=${onErased} />`}
  <//>`;
}

/**
 * What will happen and what stays, then the code typed by hand.
 * @param {{ person: Person, view: PrivacyView, onClose: () => void, onErased: () => void }} props
 */
function EraseDialog({ person, view, onClose, onErased }) {
  const form = useMemo(() => new Form({ code: "" }), []);
  const blockers = view.keeps.filter((kept) => kept.blocks);
  const kept = view.keeps.filter((each) => !each.blocks);
  const erase = async () => {
    const code = form.values.value.code.trim();
    /** @type {{ name: string } | undefined} */
    const done = await form.submit(() => post(`people/${person.id}/erase`, { code }));
    if (!done) return;
    toast(t("people-erased-done", { name: done.name }));
    onClose();
    onErased();
  };
  return html`<${FormDialog}
    title=${t("people-erase-title")}
    submit=${t("people-erase-confirm")}
    form=${form}
    danger
    disabled=${view.blocked}
    onSubmit=${() => void erase()}
    onClose=${onClose}
  >
    ${blockers.length > 0 && html`<${Notice} tone="ask" title=${t("people-erase-blocked")}><${KeptList} kept=${blockers} /><//>`}
    ${!view.blocked && html`<${Notice} tone="error" title=${t("people-erase-detail", { name: person.name })} />`}
    <h3>${t("people-privacy-keeps")}</h3>
    <${KeptList} kept=${kept} />
    ${
      !view.blocked &&
      html`<${TextField} label=${t("people-erase-code", { code: person.code })} required code autofocus ...${form.field("code")} />`
    }
  <//>`;
}

/** @param {{ kept: readonly Kept[] }} props */
function KeptList({ kept }) {
  return html`<ul>
    ${kept.map((each) => html`<li key=${each.reason}>${tOr(`privacy-keeps-${each.reason}`, "privacy-keeps-other", { count: each.count })}</li>`)}
  </ul>`;
}
