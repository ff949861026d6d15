// @ts-check
import { t } from "/kit/i18n.js";

/** @typedef {{ resolution: "keep" | "swap" | "returned" | "noted", title: string, effect: string }} Choice */

/**
 * How a contradiction can be settled, and what each way will do.
 * @param {import("./words.js").Conflict} conflict
 * @returns {Choice[]}
 */
export function choicesFor(conflict) {
  const standing = conflict.loans.find((loan) => loan.state === "open");
  const gaveWay = conflict.loans.find((loan) => loan.state === "superseded");
  /** @type {Choice[]} */
  const choices = [];
  if (conflict.kind === "lent_twice") {
    choices.push({
      resolution: "keep",
      title: standing ? t("loans-settle-keep", { name: standing.person_name }) : t("loans-settle-keep-returned"),
      effect: standing ? t("loans-settle-keep-effect", { name: standing.person_name }) : t("loans-settle-keep-returned-effect"),
    });
    if (gaveWay) {
      choices.push({
        resolution: "swap",
        title: t("loans-settle-swap", { name: gaveWay.person_name }),
        effect: standing
          ? t("loans-settle-swap-effect", { name: gaveWay.person_name, other: standing.person_name })
          : t("loans-settle-swap-alone-effect", { name: gaveWay.person_name }),
      });
    }
  } else {
    choices.push({ resolution: "noted", title: t("loans-settle-noted"), effect: t("loans-settle-noted-effect") });
  }
  if (standing) {
    choices.push({
      resolution: "returned",
      title: t("loans-settle-returned"),
      effect: t("loans-settle-returned-effect", { name: standing.person_name }),
    });
  }
  return choices;
}
