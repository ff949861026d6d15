// @ts-check
import { html, useSignal } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { toast } from "/kit/kit.js";
import { PersonPicker } from "/modules/people/person_picker.js";
import { post } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { ItemPicker } from "./item_picker.js";

/**
 * An admin hands out an item.
 *
 * @param {object} props
 * @param {import("./words.js").Item} [props.item] already chosen
 * @param {() => void} props.onClose
 * @param {() => void} props.onSaved
 */
export function LendForm({ item, onClose, onSaved }) {
  const form = useForm({ item: "", person: "" });
  const chosen = useSignal(item ?? null);
  const person = useSignal(/** @type {import("/modules/people/words.js").Person | null} */ (null));
  const save = async () => {
    if (!chosen.value || !person.value) return;
    const body = { item: chosen.value.id, person: person.value.id };
    const saved = await form.submit(() => post("loans", body));
    if (!saved) return;
    toast(t("loans-lent", { item: chosen.value.name, name: person.value.name }), { tone: "borrowed" });
    onSaved();
    onClose();
  };
  return html`<${FormDialog}
    title=${item ? t("loans-lend-title", { item: item.name }) : t("loans-lend")}
    submit=${t("loans-lend-submit")}
    form=${form}
    disabled=${!chosen.value || !person.value}
    onSubmit=${save}
    onClose=${onClose}
  >
    ${
      !item &&
      html`<${ItemPicker}
        value=${chosen.value}
        query=${{ on_loan: false, status: "available" }}
        error=${form.errors.value.item}
        autofocus
        onPick=${(/** @type {import("./words.js").Item | null} */ picked) => (chosen.value = picked)}
      />`
    }
    <${PersonPicker}
      value=${person.value}
      error=${form.errors.value.person}
      autofocus=${Boolean(item)}
      onPick=${(/** @type {import("/modules/people/words.js").Person | null} */ picked) => (person.value = picked)}
    />
  <//>`;
}
