"""When a real Chromium had presented which State of a kiosk, or which text of any page.

A MutationObserver in the page sees the new screen in the DOM and, before that frame is laid out,
puts a small probe with `elementtiming` beside it. The probe is drawn by the same frame as the new
screen, and Element Timing tells when the compositor presented that frame: not when a script ran,
as `requestAnimationFrame` would. A screen that was replaced before its frame came has no time, and
the next one that was presented counts.

The browser rounds that time to 4 ms, and 4 ms are added here. The page's clock is laid over this
machine's monotonic clock by asking for it repeatedly; of the possible offsets (they lie within a
millisecond) the least favourable is taken.
"""

import asyncio
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Page

from support.browser import a_window

ROUNDING_MS = 4
CALIBRATIONS = 50
KEPT = 8
# Wider would mean that the machine was busy while the clocks were compared.
WIDEST_OFFSET_MS = 3

_PROBE = """
(() => {
  const [where, what] = SOURCE;
  const shown = (window.genbaShown = []);
  let last = null;
  const probes = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const one = shown[Number(entry.identifier)];
      if (one) one[1] = entry.renderTime;
    }
  }).observe({ type: "element", buffered: true });
  new MutationObserver(() => {
    const found = document.querySelector(where);
    const value = found && (what ? found.getAttribute(what) : found.textContent);
    if (!value || value === last) return;
    last = value;
    // Not at once: a probe that is gone when its frame is presented is not told of.
    if (probes.length >= KEPT) probes.shift().remove();
    const probe = document.createElement("b");
    probe.textContent = "■";
    probe.setAttribute("elementtiming", String(shown.length));
    Object.assign(probe.style, { position: "fixed", top: 0, left: 0, fontSize: "8px" });
    probe.style.zIndex = 999;
    document.body.append(probe);
    probes.push(probe);
    shown.push([value, null]);
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
})();
"""


@dataclass(frozen=True, slots=True)
class Presented:
    """A value that was on the screen, and since when by `time.monotonic`, in milliseconds."""

    value: str
    at_ms: float


class Canvas:
    """A page whose presented frames are noted; use `open_canvas`."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def presented(self) -> list[Presented]:
        """Return what was presented so far, in order. Raises RuntimeError for a lost clock."""
        await asyncio.sleep(0.2)  # the browser tells of a frame some time after it
        offset = await self._offset_ms()
        shown: list[tuple[str, float | None]] = await self.page.evaluate("window.genbaShown")
        return [
            Presented(value, at + offset + ROUNDING_MS) for value, at in shown if at is not None
        ]

    async def _offset_ms(self) -> float:
        low, high = float("-inf"), float("inf")
        for _ in range(CALIBRATIONS):
            before = time.monotonic_ns() / 1e6
            there = await self.page.evaluate("performance.now()")
            after = time.monotonic_ns() / 1e6
            low, high = max(low, before - there), min(high, after - there)
        if high - low > WIDEST_OFFSET_MS:
            raise RuntimeError(f"the page's clock is known to {high - low:.1f} ms only")
        return high


@asynccontextmanager
async def open_canvas(
    url: str, size: str, where: str, attribute: str = ""
) -> AsyncIterator[Canvas]:
    """Open a page in a Chromium of its own, and note each value of an element that it presents.

    `where` is a CSS selector; the value is that attribute, or without one the text. Motion is as on
    a kiosk: not reduced.
    """
    source = f"[{where!r}, {attribute!r}]"
    async with a_window() as window:
        page = await window.page(size)
        await page.emulate_media(reduced_motion="no-preference")
        await page.add_init_script(_PROBE.replace("SOURCE", source).replace("KEPT", str(KEPT)))
        await page.goto(url)
        yield Canvas(page)


def first_revision(shown: Sequence[Presented], revision: int) -> Presented | None:
    """Return the first presented State of this revision or a later one."""
    at = bisect_left(shown, revision, key=lambda one: int(one.value))
    return shown[at] if at < len(shown) else None
