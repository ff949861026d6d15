"""What the page says to the agent, and how it behaves when things go wrong."""

import re

import msgspec
from playwright.sync_api import Page, expect

from contract.cards import CardUid
from contract.kiosk import (
    AskPerson,
    AskSamples,
    Done,
    Drawing,
    Extend,
    Finish,
    LinkView,
    SampleCard,
    Samples,
    Tap,
    Tone,
    Undo,
)
from kiosk.conftest import OpenPage
from kiosk.fake_agent import FakeAgent
from kiosk.scenes import (
    GONE,
    LOANS,
    READY,
    SCENES,
    item,
    line,
    person,
    session,
    state,
)

#: Counts the oscillators that sound.js starts, by frequency.
_LISTEN = """
window.heard = [];
const Whole = window.OscillatorNode;
window.OscillatorNode = class extends Whole {
  constructor(context, options) { super(context, options); window.heard.push(options.frequency); }
};
"""


def screen(page: Page, name: str) -> None:
    expect(page.locator(f".k-stage[data-screen='{name}']")).to_be_visible()


def test_a_drawing_page_says_so_again_and_again(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(state())
    open_page()
    agent.heard(Drawing)
    agent.heard(Drawing)


def test_undo_names_the_fact(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(state(session(line(0), line(1, Tone.RETURNED)), tone=Tone.BORROWED))
    page = open_page()
    page.locator(".k-line").nth(1).get_by_role("button").tap()
    assert agent.heard(Undo) == Undo(fact=line(1).fact)


def test_undo_goes_away_when_its_time_is_up(agent: FakeAgent, open_page: OpenPage) -> None:
    late = msgspec.structs.replace(line(0), undo_ms=900)
    agent.show(state(session(late), tone=Tone.BORROWED))
    page = open_page()
    undo = page.locator(".k-undo")
    expect(undo).to_be_visible()
    expect(undo).to_have_count(0)


def test_finish_ends_the_session(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(state(session(line(0)), tone=Tone.BORROWED))
    open_page().get_by_role("button", name="終わる").tap()
    assert agent.heard(Finish)


def test_a_touch_keeps_the_session_open(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(state(session(line(0), loans=LOANS), tone=Tone.BORROWED))
    open_page().locator(".k-loans").tap()
    assert agent.heard(Extend)


def test_the_keyboard_alone_will_do(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(state(session(line(0)), tone=Tone.BORROWED))
    page = open_page()
    screen(page, "session")
    undo = page.locator(".k-undo")
    for _ in range(12):
        page.keyboard.press("Tab")
        if undo.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    assert agent.heard(Undo)
    page.keyboard.press("Escape")
    assert agent.heard(Finish)


def test_language_is_switched_at_once_and_remembered(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(state())
    page = open_page()
    page.get_by_role("button", name="English").tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tap a tool")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tap a tool")


def test_language_returns_to_the_sites_when_nobody_is_there(
    agent: FakeAgent, open_page: OpenPage
) -> None:
    agent.show(state())
    page = open_page()
    page.clock.install()
    page.reload()
    page.get_by_role("button", name="English").tap()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.clock.fast_forward(31_000)
    page.clock.run_for(500)
    expect(page.locator("html")).to_have_attribute("lang", "ja")


def test_the_result_is_announced(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(state())
    page = open_page()
    agent.show(state(Done(lines=(line(0, Tone.RETURNED),), ends_ms=9000), tone=Tone.RETURNED))
    said = page.locator("[aria-live=assertive]")
    expect(said).to_have_text("トルクレンチ 10-50N·m を返却しました")


def test_each_tone_sounds_once_and_differently(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(state())
    page = open_page()
    page.add_init_script(_LISTEN)
    page.reload()
    screen(page, "waiting")
    tunes = []
    for number, tone in enumerate(Tone, start=10):
        page.evaluate("window.heard = []")
        shown = state(AskPerson(items=(item(),), ends_ms=9000), tone=tone, number=number)
        agent.show(shown)
        agent.show(shown)
        expect(page.locator(".k-frame")).to_have_attribute(
            "data-revision", str(3 + 2 * (number - 10))
        )
        tunes.append(tuple(page.evaluate("window.heard")))
    assert len(set(tunes)) == len(Tone)
    assert all(tunes)


def test_sound_can_be_switched_off(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(state())
    page = open_page()
    page.add_init_script(_LISTEN)
    page.reload()
    page.get_by_role("button", name="音：オン").tap()
    agent.show(state(AskPerson(items=(item(),), ends_ms=9000), tone=Tone.ASK, number=7))
    screen(page, "ask_person")
    assert page.evaluate("window.heard") == []
    expect(page.get_by_role("button", name="音：オフ")).to_be_visible()


def test_a_missing_reader_is_said_and_forgotten_when_it_is_back(
    agent: FakeAgent, open_page: OpenPage
) -> None:
    agent.show(state(readers=(GONE,)))
    page = open_page()
    expect(page.get_by_role("heading", level=1)).to_have_text("カードリーダーをつないでください")
    agent.show(state())
    expect(page.get_by_role("heading", level=1)).to_contain_text("かざしてください")


def test_offline_is_calm_and_says_how_many_wait(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(state(link=LinkView(online=False, waiting=1234, problem="unreachable")))
    page = open_page()
    expect(page.locator(".k-status")).to_contain_text("1,234 件 送信待ち")
    expect(page.locator(".g-notice")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_contain_text("かざしてください")


def test_page_says_that_the_agent_is_away_and_finds_it_again(
    agent: FakeAgent, open_page: OpenPage
) -> None:
    agent.show(state())
    page = open_page(complaints_expected=True)
    screen(page, "waiting")
    agent.stop()
    expect(page.get_by_role("alert")).to_contain_text("端末の準備をしています")
    agent.start()
    agent.show(state(session(who=person("鈴木 美咲")), tone=Tone.ASK))
    expect(page.locator(".k-person")).to_contain_text("鈴木 美咲 さん")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_new_agent_brings_its_own_page_once_nobody_is_there(
    agent: FakeAgent, open_page: OpenPage
) -> None:
    agent.show(state())
    agent.show(state())
    page = open_page(complaints_expected=True)
    screen(page, "waiting")
    agent.stop()
    agent.start()
    agent.forget_revision()
    agent.show(state(session(line(0)), tone=Tone.BORROWED))
    screen(page, "session")
    assert agent.asked.count("/") == 1
    with page.expect_event("load"):
        agent.show(state())
    screen(page, "waiting")
    assert agent.asked.count("/") == 2


def test_what_was_done_last_is_still_seen_when_waiting(
    agent: FakeAgent, open_page: OpenPage
) -> None:
    agent.show(state(Done(lines=(line(0, Tone.RETURNED),), ends_ms=9000), tone=Tone.RETURNED))
    page = open_page()
    screen(page, "done")
    agent.show(state())
    expect(page.locator(".k-recent")).to_contain_text("トルクレンチ")


def test_undo_outlasts_the_screen_that_showed_it(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(state(Done(lines=(line(0, Tone.RETURNED),), ends_ms=9000), tone=Tone.RETURNED))
    page = open_page()
    screen(page, "done")
    agent.show(state())
    page.locator(".k-recent").get_by_role("button").tap()
    assert agent.heard(Undo) == Undo(fact=line(0).fact)


def test_a_card_that_cannot_be_read_is_said_at_once(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(state())
    page = open_page()
    screen(page, "waiting")
    agent.show(state(readers=(msgspec.structs.replace(READY, message="card_unreadable"),)))
    expect(page.locator(".g-notice")).to_contain_text("もう一度かざしてください")
    agent.show(state(session(), tone=Tone.ASK, number=9))
    expect(page.locator(".g-notice")).to_have_count(0)


def test_a_card_of_the_drawer_is_tapped(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(SCENES["waiting_demo"]())
    page = open_page()
    page.get_by_role("button", name="社員証", exact=True).tap()
    page.get_by_role("button", name="鈴木 美咲").tap()
    assert agent.heard(Tap).uid == agent.samples.people[1].uid


def test_the_drawer_searches_and_marks_what_is_out(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(SCENES["waiting_demo"]())
    page = open_page()
    expect(page.locator(".k-sample", has_text="デジタルノギス").first).to_contain_text("貸出中")
    found = SampleCard(uid=CardUid("E004010000000099"), title="レンチ 12mm", detail="T-0099")
    agent.samples = Samples(people=(), items=(found,))
    page.get_by_role("searchbox").fill("レンチ")
    while agent.heard(AskSamples).search != "レンチ":
        pass
    expect(page.locator(".k-sample")).to_have_count(1)


def test_the_drawer_never_covers_the_stage(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(SCENES["session_demo"]())
    for size in ((1280, 800), (390, 844)):
        page = open_page(size)
        screen(page, "session")
        stage, drawer = page.locator(".k-stage"), page.locator("aside.k-drawer")
        toggle = drawer.get_by_role("button", name=re.compile("^(体験用カード|カードをしまう)$"))
        for _ in ("as it starts", "the other way"):
            left, right = stage.bounding_box(), drawer.bounding_box()
            assert left and right
            beside = left["x"] + left["width"] <= right["x"] + 1
            below = left["y"] + left["height"] <= right["y"] + 1
            assert beside or below
            toggle.tap()


def test_without_the_virtual_reader_there_is_no_drawer(
    agent: FakeAgent, open_page: OpenPage
) -> None:
    agent.show(state())
    page = open_page()
    screen(page, "waiting")
    expect(page.locator(".k-drawer")).to_have_count(0)


def test_a_name_is_text_and_never_markup(agent: FakeAgent, open_page: OpenPage) -> None:
    trick = "<img src=x onerror=alert(1)>"
    agent.show(state(session(line(0, name=trick), who=person(trick)), tone=Tone.BORROWED))
    page = open_page()
    expect(page.locator(".k-band")).to_contain_text(trick)
    expect(page.locator(".k-stage img")).to_have_count(0)


def test_a_missing_module_reloads_the_page_once_and_then_says_so(
    agent: FakeAgent, open_page: OpenPage
) -> None:
    agent.show(state())
    agent.missing.add("/screens/done.js")
    page = open_page(complaints_expected=True)
    expect(page.get_by_role("alert")).to_contain_text("画面を読み込めませんでした")
    assert agent.asked.count("/") == 2
    agent.missing.clear()
    page.get_by_role("button").tap()
    screen(page, "waiting")


def test_a_screen_of_a_newer_agent_shows_waiting(agent: FakeAgent, open_page: OpenPage) -> None:
    agent.show(state())
    page = open_page()
    screen(page, "waiting")
    agent.show_raw({"type": "news", "text": "later"})
    agent.show(SCENES["done"]())
    screen(page, "done")
