"""A browser, a stand-in agent, and pages that fail the test when they complain."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from kiosk.fake_agent import FakeAgent, running_agent
from kiosk.scenes import SAMPLES

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARTIFACTS = Path(os.environ.get("GENBA_ARTIFACTS", ".artifacts")) / "kiosk"

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for one file: its event loop must be gone before an asynchronous test runs."""
    flags = [
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        "--autoplay-policy=no-user-gesture-required",
    ]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with running_agent() as agent:
        agent.samples = SAMPLES
        yield agent


@pytest.fixture
def open_page(browser: Browser, agent: FakeAgent) -> Iterator[OpenPage]:
    """Open the kiosk; at the end no page may have complained or asked a foreign host.

    `complaints_expected` is for tests that break the page on purpose.
    """
    contexts = []
    complaints: list[str] = []

    def note(text: str) -> None:
        complaints.append(text)

    def open_(
        size: tuple[int, int] = (1280, 800),
        language: str = "ja",
        query: str = "",
        complaints_expected: bool = False,
        dark: bool = False,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            has_touch=True,
            reduced_motion="reduce",
            locale="ja-JP",
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        context.add_init_script(
            "addEventListener('securitypolicyviolation',"
            " (event) => console.error('CSP', event.violatedDirective, event.blockedURI));"
            "localStorage.getItem('genba-language')"
            f" ?? localStorage.setItem('genba-language', '{language}');"
        )
        page = context.new_page()

        def on_console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and not complaints_expected:
                note(f"console: {message.text}")

        def on_request(request: Request) -> None:
            if not request.url.startswith(agent.url):
                note(f"foreign request: {request.url}")

        page.on("console", on_console)
        page.on("pageerror", lambda error: None if complaints_expected else note(str(error)))
        page.on("request", on_request)
        page.goto(agent.url + query)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def artifacts() -> Path:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    return ARTIFACTS
