"""A real Chromium for asynchronous tests, and pages that fail the test when they complain."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

ARTIFACTS = Path(os.environ.get("GENBA_ARTIFACTS", ".artifacts"))
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
SIZES = {"kiosk": (1280, 800), "phone": (390, 844), "desktop": (1440, 900)}
_FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


class Window:
    """A Chromium, and what its pages complained of."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.complaints: list[str] = []

    async def page(self, size: str = "desktop", language: str = "ja") -> Page:
        """Open an empty page of this size and language."""
        width, height = SIZES[size]
        context = await self._browser.new_context(
            viewport={"width": width, "height": height},
            locale={"ja": "ja-JP", "en": "en-US"}[language],
            timezone_id="Asia/Tokyo",
            has_touch=size != "desktop",
            reduced_motion="reduce",
        )
        # What the language switch remembers: without it the pages begin in Japanese.
        await context.add_init_script(f"localStorage.setItem('genba-language', '{language}')")
        page = await context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        # A server that was killed on purpose is the browser's to mention.
        gone = ("net::ERR_", "Connection closed before receiving a handshake response")
        if message.type == "error" and not any(text in message.text for text in gone):
            self.complaints.append(message.text)


@asynccontextmanager
async def a_window() -> AsyncIterator[Window]:
    """Open a Chromium; at the end no page may have complained."""
    flags = [*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        window = Window(browser)
        yield window
        await browser.close()
    assert not window.complaints, window.complaints


async def shoot(page: Page, name: str) -> None:
    """Keep a screenshot among the run's artefacts."""
    path = ARTIFACTS / "pages" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=path)
