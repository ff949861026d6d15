// @ts-check
/** Everything a component needs to draw: Preact, htm and signals, from one place. */

import { Fragment, h, render } from "../vendor/preact.js";
import { useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.js";
import htm from "../vendor/htm.js";
import {
  batch,
  computed,
  effect,
  signal,
  untracked,
  useComputed,
  useSignal,
  useSignalEffect,
} from "../vendor/signals.js";

/** Tagged template that makes virtual nodes. Values are text, never markup. */
export const html = htm.bind(h);

export {
  Fragment,
  batch,
  computed,
  effect,
  h,
  render,
  signal,
  untracked,
  useCallback,
  useComputed,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useSignal,
  useSignalEffect,
  useState,
};

/**
 * Join class names; falsy ones are left out.
 * @param {...(string | false | null | undefined)} names
 * @returns {string}
 */
export function classes(...names) {
  return names.filter(Boolean).join(" ");
}
