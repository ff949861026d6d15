"""Whether a kiosk's page fits its screen, and its targets a gloved finger."""

from playwright.sync_api import Page

SIZES = ((1280, 800), (390, 844), (1440, 900))

#: Text that is cut off, sticks out of the page, or lies over a neighbour's text.
_FAULTS = """() => {
  const faults = [];
  if (document.documentElement.scrollWidth > innerWidth) faults.push('page scrolls sideways');
  const texts = [];
  const scroller = (element) => element.closest(
    '.k-lines, .k-loans, .k-flood-words, .k-session, .k-drawer ul, .k-missing, .k-pair, .k-pin');
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.data.trim() || !node.parentElement.checkVisibility()) continue;
    if (node.parentElement.closest('.g-hidden, noscript')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    const words = node.data.trim().slice(0, 20);
    if (box.left < -1 || box.right > innerWidth + 1) faults.push(`sticks out: ${words}`);
    const frame = scroller(node.parentElement);
    if (!frame && (box.top < -1 || box.bottom > innerHeight + 1)) faults.push(`cut off: ${words}`);
    // A line's box is much taller than its glyphs: measure those, about one em.
    const half = parseFloat(getComputedStyle(node.parentElement).fontSize) * 0.42;
    for (const part of range.getClientRects()) {
      const middle = (part.top + part.bottom) / 2;
      const { left, right } = part;
      const glyphs = { left, right, top: middle - half, bottom: middle + half };
      texts.push({ box: glyphs, words, frame, node });
    }
  }
  texts.forEach((one, index) => texts.slice(index + 1).forEach((two) => {
    if (one.frame !== two.frame || one.node === two.node) return;
    const wide = Math.min(one.box.right, two.box.right) - Math.max(one.box.left, two.box.left);
    const high = Math.min(one.box.bottom, two.box.bottom) - Math.max(one.box.top, two.box.top);
    if (wide > 2 && high > 2) faults.push(`overlap: ${one.words} / ${two.words}`);
  }));
  return faults;
}"""

_SMALL_TARGETS = """() => [...document.querySelectorAll('button, input, select, a[href]')]
  .filter((element) => element.checkVisibility())
  .map((element) => ({ element, box: element.getBoundingClientRect() }))
  .filter(({ box }) => box.width < 64 || box.height < 64)
  .map(({ element, box }) =>
    `${element.className} ${Math.round(box.width)}x${Math.round(box.height)}`)"""


def layout_faults(page: Page) -> list[str]:
    """Return what does not fit, each with its words."""
    small = [f"target {target}" for target in page.evaluate(_SMALL_TARGETS)]
    return [*page.evaluate(_FAULTS), *small]
