// @ts-check
/**
 * Short tones made on the spot: no files to load, distinct by rhythm and direction as well as
 * pitch, so that they are told apart in a noisy shop.
 */

import { signal } from "./html.js";

/** @typedef {"ask" | "borrowed" | "returned" | "undone" | "error"} Tone */
/** @typedef {readonly [at: number, hertz: number, seconds: number]} Note */

const STORAGE_KEY = "genba-sound";

/** Whether tones are played; remembered in this browser. */
export const soundOn = signal(recall());

/** @type {Record<Tone, {wave: OscillatorType, gain: number, notes: readonly Note[]}>} */
const TONES = {
  // one soft question
  ask: { wave: "sine", gain: 0.5, notes: [[0, 784, 0.12], [0.13, 784, 0.12]] },
  // upwards: it goes out
  borrowed: { wave: "triangle", gain: 0.6, notes: [[0, 523, 0.1], [0.1, 659, 0.1], [0.2, 1047, 0.24]] },
  // downwards: it comes home
  returned: { wave: "triangle", gain: 0.6, notes: [[0, 1047, 0.1], [0.1, 784, 0.1], [0.2, 523, 0.28]] },
  // there and back
  undone: { wave: "sine", gain: 0.5, notes: [[0, 659, 0.1], [0.12, 440, 0.1], [0.24, 659, 0.14]] },
  // low and rough, twice
  error: { wave: "sawtooth", gain: 0.35, notes: [[0, 196, 0.22], [0.28, 165, 0.4]] },
};

/** @type {AudioContext | null} */
let context = null;

/** Browsers keep audio silent until the first gesture; call this once at start. */
export function unlockOnFirstGesture() {
  const unlock = () => {
    context ??= new AudioContext();
    if (context.state === "suspended") void context.resume();
  };
  for (const name of ["pointerdown", "keydown"]) addEventListener(name, unlock, { capture: true });
}

/** @param {boolean} on */
export function setSound(on) {
  soundOn.value = on;
  try {
    localStorage.setItem(STORAGE_KEY, on ? "on" : "off");
  } catch {
    // The choice lasts as long as the page.
  }
}

function recall() {
  try {
    return localStorage.getItem(STORAGE_KEY) !== "off";
  } catch {
    return true;
  }
}

/**
 * Play a tone now, if sound is on and the browser allows it.
 * @param {Tone} tone
 */
export function play(tone) {
  if (!soundOn.value || !TONES[tone]) return;
  // A kiosk started with autoplay allowed needs no gesture; elsewhere this stays suspended.
  context ??= new AudioContext();
  if (context.state === "suspended") {
    void context.resume();
    if (!navigator.userActivation?.hasBeenActive) return;
  }
  const { wave, gain, notes } = TONES[tone];
  const start = context.currentTime + 0.005;
  for (const [at, hertz, seconds] of notes) {
    const oscillator = new OscillatorNode(context, { type: wave, frequency: hertz });
    const volume = new GainNode(context, { gain: 0 });
    // Ramps instead of steps: a step is heard as a click.
    volume.gain.setValueAtTime(0, start + at);
    volume.gain.linearRampToValueAtTime(gain, start + at + 0.01);
    volume.gain.exponentialRampToValueAtTime(0.001, start + at + seconds);
    oscillator.connect(volume).connect(context.destination);
    oscillator.start(start + at);
    oscillator.stop(start + at + seconds + 0.02);
  }
}
