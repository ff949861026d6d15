// @ts-check
// Lists and single things read from the API, kept fresh by live news without moving the screen.

import { useEffect, useRef, useSignal } from "/kit/html.js";
import { get } from "/web/api.js";
import { useNews } from "/web/news.js";

/**
 * @template T
 * @typedef {object} Page
 * @property {T[]} items
 * @property {string | null} next
 * @property {number | null} total
 */

/**
 * @template T
 * @typedef {object} ListState
 * @property {readonly T[]} rows
 * @property {Page<T> | null} page what the server answered, with more than rows where it says more
 * @property {number | null} total
 * @property {boolean} loading nothing to show yet
 * @property {unknown} error the last attempt's, or null
 * @property {ReadonlySet<string>} changed keys of rows that news changed
 * @property {string | null} cursor where the next page begins, once this query's page is here
 * @property {() => Promise<void>} reload
 * @property {(() => void) | null} next
 * @property {(() => void) | null} previous
 */

/**
 * Readings in turn: a new question ends the one that runs; news wait for it and then ask once more.
 * So a screen comes to its end even when news come faster than answers.
 */
class Turn {
  /** @type {AbortController | null} */
  #running = null;
  #again = false;

  /** @returns {AbortController} */
  begin() {
    this.stop();
    this.#running = new AbortController();
    return this.#running;
  }

  /**
   * @param {AbortController} reading
   * @param {() => void} read
   */
  end(reading, read) {
    if (this.#running !== reading) return;
    this.#running = null;
    if (this.#again) read();
  }

  /** @param {() => void} read */
  next(read) {
    if (this.#running) this.#again = true;
    else read();
  }

  stop = () => {
    this.#running?.abort();
    this.#running = null;
    this.#again = false;
  };
}

/** @returns {Turn} */
function useTurn() {
  const turn = useRef(/** @type {Turn | null} */ (null));
  turn.current ??= new Turn();
  return turn.current;
}

/**
 * One page of a list. Changing the query goes back to its first page.
 *
 * @template T
 * @param {string} path
 * @param {import("/web/api.js").Query} query
 * @param {object} options
 * @param {readonly string[]} options.topics news that make it read again
 * @param {(row: T) => string} options.rowKey
 * @returns {ListState<T>}
 */
export function useList(path, query, { topics, rowKey }) {
  const state = useSignal(
    /** @type {{ asked: string, page: Page<T> | null, error: unknown, changed: ReadonlySet<string> }} */ ({
      asked: "",
      page: null,
      error: null,
      changed: new Set(),
    }),
  );
  // The cursors that led here, so that one can go back; the first page has none.
  const trail = useSignal(/** @type {{ asked: string, cursors: string[] }} */ ({ asked: "", cursors: [] }));
  const turn = useTurn();
  const asked = JSON.stringify([path, query]);
  const cursors = trail.value.asked === asked ? trail.value.cursors : [];
  const cursor = cursors.at(-1) ?? "";

  /** @param {{ quiet: boolean }} how */
  const load = async ({ quiet }) => {
    const abort = turn.begin();
    try {
      /** @type {Page<T>} */
      const page = await get(path, { ...query, cursor }, abort.signal);
      if (abort.signal.aborted) return;
      const before = quiet ? state.value.page : null;
      state.value = { asked, page, error: null, changed: before ? changedRows(before, page, rowKey) : new Set() };
    } catch (error) {
      if (!abort.signal.aborted) state.value = { ...state.value, error };
    } finally {
      turn.end(abort, () => void load({ quiet: true }));
    }
  };

  useEffect(() => {
    void load({ quiet: false });
    return turn.stop;
  }, [asked, cursor]);
  useNews(topics, () => turn.next(() => void load({ quiet: true })));

  const { page, error, changed } = state.value;
  const { next } = page ?? { next: null };
  return {
    rows: page?.items ?? [],
    page,
    total: page?.total ?? null,
    loading: page === null && error === null,
    error,
    changed,
    cursor: state.value.asked === asked ? next : null,
    reload: () => load({ quiet: true }),
    next: next ? () => (trail.value = { asked, cursors: [...cursors, next] }) : null,
    previous: cursors.length > 0 ? () => (trail.value = { asked, cursors: cursors.slice(0, -1) }) : null,
  };
}

/**
 * @template T
 * @param {Page<T>} before
 * @param {Page<T>} after
 * @param {(row: T) => string} rowKey
 * @returns {ReadonlySet<string>}
 */
function changedRows(before, after, rowKey) {
  const known = new Map(before.items.map((row) => [rowKey(row), JSON.stringify(row)]));
  return new Set(after.items.filter((row) => known.get(rowKey(row)) !== JSON.stringify(row)).map(rowKey));
}

/**
 * @template T
 * @typedef {object} OneState
 * @property {T | null} value
 * @property {boolean} loading
 * @property {unknown} error
 * @property {() => Promise<void>} reload
 */

/**
 * One thing.
 *
 * @template T
 * @param {string | null} path null: nothing is read
 * @param {readonly string[]} topics
 * @returns {OneState<T>}
 */
export function useOne(path, topics) {
  const state = useSignal(
    /** @type {{ path: string | null, value: T | null, error: unknown }} */ ({ path, value: null, error: null }),
  );
  const turn = useTurn();
  const load = async () => {
    if (path === null) return;
    const abort = turn.begin();
    try {
      /** @type {T} */
      const value = await get(path, {}, abort.signal);
      if (!abort.signal.aborted) state.value = { path, value, error: null };
    } catch (error) {
      if (!abort.signal.aborted) {
        state.value = { path, value: state.value.path === path ? state.value.value : null, error };
      }
    } finally {
      turn.end(abort, () => void load());
    }
  };
  useEffect(() => {
    void load();
    return turn.stop;
  }, [path]);
  useNews(topics, () => turn.next(() => void load()));
  const current = state.value.path === path ? state.value : { value: null, error: null };
  return {
    value: current.value,
    loading: current.value === null && current.error === null,
    error: current.error,
    reload: load,
  };
}
