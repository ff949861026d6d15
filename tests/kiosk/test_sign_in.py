"""The keypad: card shown, PIN typed, and the page goes to the site's own pages."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from contract.kiosk import Finish, LinkView, PersonView, State, Tone, Waiting
from contract.sign_in import EnterPin, PinAnswer, SignInResult
from kiosk.conftest import OpenPage
from kiosk.fake_agent import FakeAgent
from kiosk.layout import SIZES, layout_faults
from kiosk.scenes import LOANS, line, session, state

OPEN = {"ja": "管理画面を開く", "en": "Open the admin pages"}
ENTER = {"ja": "決定", "en": "OK"}
REFUSALS = [result for result in SignInResult if result is not SignInResult.OK]


def attended(number: int = 1, who: PersonView | None = None) -> State:
    return state(session(line(1), loans=LOANS, who=who), tone=Tone.BORROWED, number=number)


def keypad(page: Page, language: str = "ja") -> None:
    page.get_by_role("button", name=OPEN[language]).click()
    expect(page.locator(".k-pin")).to_be_visible()


def typed(page: Page, count: int) -> None:
    expect(page.locator(".k-pin-typed")).to_have_count(count)


def press(page: Page, digits: str) -> None:
    for digit in digits:
        page.get_by_role("button", name=digit, exact=True).click()


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_keypad_fits(
    agent: FakeAgent,
    open_page: OpenPage,
    artifacts: Path,
    size: tuple[int, int],
    language: str,
) -> None:
    agent.show(attended())
    page = open_page(size, language)
    faults = [f"session: {fault}" for fault in layout_faults(page)]
    keypad(page, language)
    faults += [f"empty: {fault}" for fault in layout_faults(page)]
    page.screenshot(path=artifacts / f"pin_empty_{language}_{size[0]}x{size[1]}.png")
    for result in REFUSALS:
        press(page, "294017")
        page.screenshot(path=artifacts / f"pin_typed_{language}_{size[0]}x{size[1]}.png")
        page.get_by_role("button", name=ENTER[language], exact=True).click()
        agent.heard(EnterPin)
        agent.tell(PinAnswer(result, minutes=15))
        expect(page.get_by_role("alert")).to_be_visible()
        assert not re.search(r"\bpin-|[{}]", page.locator("body").inner_text())
        faults += [f"{result}: {fault}" for fault in layout_faults(page)]
        page.screenshot(path=artifacts / f"pin_{result}_{language}_{size[0]}x{size[1]}.png")
    assert not faults, "\n".join(faults)


def test_a_pin_typed_by_hand_or_keyboard_is_sent_once_and_shown_never(
    agent: FakeAgent, open_page: OpenPage
) -> None:
    agent.show(attended())
    page = open_page()
    keypad(page)
    enter = page.get_by_role("button", name=ENTER["ja"], exact=True)
    press(page, "294")
    page.keyboard.type("0178")
    page.keyboard.press("Backspace")
    typed(page, 6)
    assert "294017" not in page.content()
    expect(page.get_by_role("status").filter(has_text="6 桁")).to_be_attached()
    page.keyboard.press("Enter")
    assert agent.heard(EnterPin) == EnterPin("294017")
    typed(page, 0)
    expect(enter).to_be_disabled()
    agent.tell(PinAnswer(SignInResult.REFUSED))
    expect(page.get_by_role("alert")).to_contain_text("確認できませんでした")
    page.keyboard.type("86031")
    expect(enter).to_be_disabled()
    page.keyboard.type("5")
    enter.click()
    assert agent.heard(EnterPin) == EnterPin("860315")


def test_the_keyboard_alone_will_do(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(attended())
    page = open_page()
    page.get_by_role("button", name=OPEN["ja"]).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="暗証番号を入力してください")).to_be_focused()
    page.keyboard.type("294017000000999")
    typed(page, 12)
    for _ in range(12):
        page.keyboard.press("Backspace")
    typed(page, 0)
    agent.forget()
    page.keyboard.press("Escape")
    expect(page.locator(".k-session")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=OPEN["ja"]).click()
    page.keyboard.type("294017")
    page.keyboard.press("Enter")
    assert [type(said) for said in agent.heard_until(EnterPin)].count(Finish) == 1


def test_the_site_is_opened_with_the_ticket_and_the_way_back(
    agent: FakeAgent, open_page: OpenPage
) -> None:
    agent.show(attended())
    page = open_page(language="en")
    keypad(page, "en")
    page.keyboard.type("294017")
    page.keyboard.press("Enter")
    agent.heard(EnterPin)
    agent.show(state(Waiting(), tone=Tone.BORROWED))  # the agent is done before its answer comes
    expect(page.locator(".k-stage[data-screen='waiting']")).to_be_visible()
    agent.tell(PinAnswer(SignInResult.OK, "the-ticket", agent.url.rstrip("/")))
    back = agent.url.replace(":", "%3A").replace("/", "%2F")
    page.wait_for_url(f"{agent.url}?lang=en#kiosk=the-ticket&back={back}")


def test_whoever_taps_next_closes_the_keypad_and_gets_no_ticket(
    agent: FakeAgent, open_page: OpenPage
) -> None:
    agent.show(attended())
    page = open_page()
    keypad(page)
    page.keyboard.type("294017")
    page.keyboard.press("Enter")
    agent.heard(EnterPin)
    agent.show(attended(2, PersonView(id="p-2", code="E1", name="鈴木 美咲")))  # type: ignore[arg-type]
    expect(page.locator(".k-session")).to_be_visible()
    agent.tell(PinAnswer(SignInResult.OK, "the-ticket", agent.url.rstrip("/")))
    agent.show(attended(3))
    expect(page.locator(".k-frame")).to_have_attribute("data-revision", "3")
    assert page.url == agent.url


def test_the_keypad_ends_with_the_session(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(attended())
    page = open_page()
    keypad(page)
    page.keyboard.type("2940")
    agent.show(state(Waiting(), tone=Tone.BORROWED))
    expect(page.locator(".k-stage[data-screen='waiting']")).to_be_visible()
    agent.show(attended())
    expect(page.locator(".k-session")).to_be_visible()
    keypad(page)
    typed(page, 0)


def test_without_the_server_there_is_nothing_to_open(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(state(session(), link=LinkView(online=False, waiting=2, problem="unreachable")))
    page = open_page()
    expect(page.locator(".k-session")).to_be_visible()
    expect(page.get_by_role("button", name=OPEN["ja"])).to_have_count(0)


def test_an_agent_that_goes_away_leaves_nobody_waiting(
    agent: FakeAgent, open_page: OpenPage
) -> None:
    agent.show(attended())
    page = open_page(complaints_expected=True)
    keypad(page)
    page.keyboard.type("294017")
    page.keyboard.press("Enter")
    agent.heard(EnterPin)
    agent.stop()
    agent.start()
    expect(page.get_by_role("alert")).to_contain_text("サーバーにつながりません")
