// @ts-check
import { useOne } from "/web/loading.js";

/**
 * All categories, kept fresh.
 * @returns {readonly import("./words.js").Category[]}
 */
export function useCategories() {
  /** @type {import("/web/loading.js").OneState<import("/web/loading.js").Page<import("./words.js").Category>>} */
  const one = useOne("categories", ["loans"]);
  return one.value?.items ?? [];
}
