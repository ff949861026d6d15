// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Segmented, toast } from "/kit/kit.js";
import { PersonPicker } from "/modules/people/person_picker.js";
import { Uid } from "/modules/people/words.js";
import { post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { ItemPicker } from "./item_picker.js";

/**
 * Say whose an unknown card is.
 *
 * @param {object} props
 * @param {import("./words.js").UnknownCard} props.card
 * @param {() => void} props.onClose
 * @param {() => void} props.onSaved
 */
export function RegisterForm({ card, onClose, onSaved }) {
  const form = useForm({ person: "", item: "" });
  const kind = useSignal(/** @type {"person" | "item"} */ ("person"));
  const person = useSignal(/** @type {import("/modules/people/words.js").Person | null} */ (null));
  const item = useSignal(/** @type {import("./words.js").Item | null} */ (null));
  const owner = kind.value === "person" ? person.value : item.value;
  const save = async () => {
    if (!owner) return;
    const saved = await form.submit(() => post(`unknown-cards/${card.uid}/register`, { [kind.value]: owner.id }));
    if (!saved) return;
    toast(t("people-card-registered", { name: owner.name }));
    onSaved();
    onClose();
  };
  return html`<${FormDialog}
    title=${t("loans-register-title")}
    submit=${t("people-card-register")}
    form=${form}
    disabled=${!owner}
    onSubmit=${save}
    onClose=${onClose}
  >
    <p>${t("people-card-uid")} <${Uid} uid=${card.uid} /></p>
    <${Segmented}
      label=${t("people-card-kind")}
      value=${kind.value}
      options=${[
        { value: "person", label: t("loans-register-person") },
        { value: "item", label: t("loans-register-item") },
      ]}
      onChange=${(/** @type {"person" | "item"} */ value) => (kind.value = value)}
    />
    ${
      kind.value === "person"
        ? html`<${PersonPicker}
            value=${person.value}
            error=${form.errors.value.person}
            autofocus
            onPick=${(/** @type {import("/modules/people/words.js").Person | null} */ picked) => (person.value = picked)}
          />`
        : html`<${ItemPicker}
            value=${item.value}
            error=${form.errors.value.item}
            autofocus
            onPick=${(/** @type {import("./words.js").Item | null} */ picked) => (item.value = picked)}
          />`
    }
  <//>`;
}
