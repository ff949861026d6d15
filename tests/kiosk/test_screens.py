"""Every screen, in both languages and at three sizes: it fits, and its picture is kept."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kiosk.conftest import OpenPage
from kiosk.fake_agent import FakeAgent
from kiosk.layout import SIZES, layout_faults
from kiosk.scenes import LONG_NAME, SCENES, state


def shown(page: Page, screen: str) -> None:
    expect(page.locator(f".k-stage[data-screen='{screen}']")).to_be_visible()


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_screen_fits(
    agent: FakeAgent,
    open_page: OpenPage,
    artifacts: Path,
    size: tuple[int, int],
    language: str,
) -> None:
    agent.show(state())
    page = open_page(size, language)
    faults: list[str] = []
    for number, (name, scene) in enumerate(SCENES.items()):
        made = scene()
        agent.show(made)
        expect(page.locator(".k-frame")).to_have_attribute("data-revision", str(number + 2))
        if made.virtual and size[0] > 1000:
            expect(page.locator(".k-sample").first).to_be_visible()
        page.screenshot(path=artifacts / f"{name}_{language}_{size[0]}x{size[1]}.png")
        faults += [f"{name}: {fault}" for fault in layout_faults(page)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_text_is_left_without_words(
    agent: FakeAgent, open_page: OpenPage, language: str
) -> None:
    agent.show(state())
    page = open_page(language=language)
    for number, scene in enumerate(SCENES.values()):
        agent.show(scene())
        expect(page.locator(".k-frame")).to_have_attribute("data-revision", str(number + 2))
        text = page.locator("body").inner_text()
        assert not re.search(
            r"\b(?:kit|verb|said|refused|unknown|reader|link|due|session|waiting)-[a-z_-]+\b", text
        )
        assert "{" not in text


def test_dark_scheme_is_drawn_too(agent: FakeAgent, open_page: OpenPage, artifacts: Path) -> None:
    agent.show(SCENES["session_borrowed"]())
    page = open_page(dark=True)
    shown(page, "session")
    page.screenshot(path=artifacts / "session_borrowed_dark.png")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == "rgb(14, 21, 25)"


def test_a_long_name_is_shown_whole(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(SCENES["session_long"]())
    page = open_page((390, 844))
    expect(page.locator(".k-band")).to_contain_text(LONG_NAME)


def test_twelve_lines_are_all_reachable(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(SCENES["session_twelve"]())
    page = open_page()
    lines = page.locator(".k-line")
    expect(lines).to_have_count(12)
    lines.last.scroll_into_view_if_needed()
    expect(lines.last).to_be_in_viewport()
    expect(page.locator(".k-band")).to_be_in_viewport()
