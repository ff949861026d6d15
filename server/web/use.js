// @ts-check
// Whether somebody is at this page. Pages read anew by themselves when news come; the server must
// not take that for use, or an unattended screen would stay signed in for ever.

/** So long after a touch or a key, a page's requests still count as that person's. */
const ATTENDED_MS = 30_000;

let touchedAt = performance.now();
let usedAt = touchedAt;

for (const event of ["pointerdown", "keydown", "wheel"]) {
  addEventListener(event, () => (touchedAt = performance.now()), { capture: true, passive: true });
}

/** When somebody last touched the page, for `performance.now()`. */
export function lastTouch() {
  return touchedAt;
}

/** When a request last counted as use, for `performance.now()`. */
export function lastUse() {
  return usedAt;
}

/** Say of a request that is sent now whether it is somebody's; remembers that it was. */
export function isUse() {
  const now = performance.now();
  if (now - touchedAt > ATTENDED_MS) return false;
  usedAt = now;
  return true;
}
