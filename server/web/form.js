// @ts-check
// A form's values, and what the server said about them. Input is kept whatever happens.

import { signal, useMemo } from "/kit/html.js";
import { has } from "/kit/i18n.js";
import { Refusal } from "/web/api.js";
import { explain, isStatus, words } from "/web/refusals.js";

/** @typedef {Record<string, string>} Values */

export class Form {
  /** @param {Values} initial */
  constructor(initial) {
    this.base = initial;
    /** @type {import("/vendor/signals.js").Signal<Values>} */
    this.values = signal({ ...initial });
    /** @type {import("/vendor/signals.js").Signal<Values>} */
    this.errors = signal({});
    /** What concerns no single field. */
    this.problem = signal(/** @type {{ title: string, detail: string } | null} */ (null));
    /** Somebody else saved first. */
    this.outdated = signal(false);
    this.busy = signal(false);
  }

  /**
   * Props of a field.
   * @param {string} name
   */
  field(name) {
    /** @param {string} value */
    const set = (value) => {
      this.values.value = { ...this.values.value, [name]: value };
      if (this.errors.value[name]) this.errors.value = { ...this.errors.value, [name]: "" };
    };
    return {
      name,
      value: this.values.value[name] ?? "",
      error: this.errors.value[name],
      onInput: set,
      onChange: set,
    };
  }

  /**
   * Mark required fields that are empty.
   * @param {readonly string[]} names
   * @param {string} message
   */
  mark(names, message) {
    this.errors.value = Object.fromEntries(names.map((name) => [name, message]));
  }

  /** Only what differs from the start. @returns {Values} */
  changes() {
    return Object.fromEntries(
      Object.entries(this.values.value).filter(([name, value]) => value !== this.base[name]),
    );
  }

  /**
   * Start from what is there now, keeping what the user typed.
   * @param {Values} latest
   */
  rebase(latest) {
    this.values.value = { ...latest, ...this.changes() };
    this.base = latest;
    this.outdated.value = false;
    this.problem.value = null;
  }

  /**
   * @template T
   * @param {() => Promise<T>} send
   * @returns {Promise<T | undefined>} undefined if it was refused; the form says why
   */
  async submit(send) {
    if (this.busy.value) return undefined;
    this.busy.value = true;
    this.errors.value = {};
    this.problem.value = null;
    try {
      return await send();
    } catch (error) {
      this.refuse(error);
      return undefined;
    } finally {
      this.busy.value = false;
    }
  }

  /** @param {unknown} error */
  refuse(error) {
    if (isStatus(error, 412)) {
      this.outdated.value = true;
      return;
    }
    const said = explain(error);
    /** @type {Values} */
    const marked = {};
    if (error instanceof Refusal) {
      const { field, expected, errors, title, detail } = error.problem;
      for (const one of errors ?? []) marked[one.field] = words(one.message);
      if (field && !marked[field]) {
        const known = expected && has(`invalid-${expected}`);
        marked[field] = (known && words(expected)) || detail || (expected && words(expected)) || title;
      }
    }
    const known = Object.keys(marked).filter((name) => name in this.values.value);
    this.errors.value = Object.fromEntries(known.map((name) => [name, marked[name]]));
    if (known.length < Object.keys(marked).length || known.length === 0) this.problem.value = said;
  }
}

/** @param {Values} initial */
export function useForm(initial) {
  return useMemo(() => new Form(initial), []);
}
