// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { SelectField, toast } from "/kit/kit.js";
import { get, patch } from "/web/api.js";
import { useForm } from "/web/form.js";
import { FormDialog } from "/web/form_dialog.js";
import { attempt } from "/web/refusals.js";
import { refreshSession } from "/web/session.js";

/** @typedef {{ second_factor: string, version: number }} Policy */

const WHOM = ["nobody", "administrators", "everybody"];

/**
 * Who must have a second factor.
 * @param {{ policy: Policy, onClose: () => void }} props
 */
export function PolicyForm({ policy, onClose }) {
  const form = useForm(valuesOf(policy));
  const save = async () => {
    const { version, second_factor } = form.values.value;
    const saved = await form.submit(() => patch("sign-in-policy", Number(version), { second_factor }));
    if (!saved) return;
    toast(t("accounts-policy-saved"));
    onClose();
    void attempt(refreshSession);
  };
  const reload = async () => {
    /** @type {Policy | undefined} */
    const latest = await form.submit(() => get("sign-in-policy"));
    if (latest) form.rebase(valuesOf(latest));
  };
  return html`<${FormDialog}
    title=${t("accounts-policy")}
    submit=${t("web-save")}
    form=${form}
    onSubmit=${save}
    onClose=${onClose}
    onReload=${reload}
  >
    <${SelectField}
      ...${form.field("second_factor")}
      label=${t("accounts-policy-factor")}
      hint=${t("accounts-policy-detail")}
      options=${WHOM.map((value) => ({ value, label: t(`accounts-policy-${value}`) }))}
    />
  <//>`;
}

/** @param {Policy} policy */
function valuesOf({ second_factor, version }) {
  return { second_factor, version: String(version) };
}
