"""Taps in, facts on disk, states out; and what the page sees when the disk refuses."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from agent.app import lay_waiting_facts
from agent.clock import BootClock, Reading
from agent.counter import Counter, Surroundings
from agent.desk import Desk, Tap, Timing
from agent.outbox import Outbox
from agent.replica import Replica
from contract import kiosk
from contract.cards import CardUid, Technology
from contract.ids import EventId
from contract.kiosk import AskPerson, Done, Failed, Session, State, Tone, UnknownCard, Waiting
from contract.link import ReaderReport, ReaderState
from support.workshop import (
    BOOT,
    NOON_US,
    UNKNOWN_CARD,
    WRENCH_CARD,
    YAMADA_CARD,
    item,
    person,
    replica,
)

LONG_ENOUGH = 10
S = TypeVar("S")
WRENCH = item(loan_days=7)


class Front:
    """A counter with a clock that a test turns."""

    def __init__(self, outbox: Outbox, known: Replica) -> None:
        self.now_us = 50_000_000
        self.states: list[State] = []
        self.outbox = outbox
        self.replica = known
        self.around = Surroundings(virtual=True)
        self._shown = asyncio.Event()
        clock = BootClock(BOOT, lambda: Reading(self.now_us, NOON_US + self.now_us, True))
        desk = Desk(timing=Timing(done_us=150_000))
        self.counter = Counter(desk, known, outbox, clock, self.around, self._show)

    def _show(self, state: State) -> None:
        self.states.append(state)
        self._shown.set()

    async def reached(self, what: Callable[[State], bool]) -> State:
        async with asyncio.timeout(LONG_ENOUGH):
            while not self.states or not what(self.states[-1]):
                self._shown.clear()
                await self._shown.wait()
        return self.states[-1]

    async def on(self, kind: type[S]) -> S:
        screen = (await self.reached(lambda state: isinstance(state.screen, kind))).screen
        assert isinstance(screen, kind)
        return screen

    def tap(self, card: CardUid) -> None:
        self.now_us += 2_000_000
        self.counter.tapped(Tap(card, "reader-1", Technology.ISO14443A, self.now_us))


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with Outbox.open(tmp_path / "outbox.db") as outbox:
        made = Front(outbox, replica(person(), WRENCH))
        running = asyncio.create_task(made.counter.run())
        yield made
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()


async def test_item_then_person_is_on_disk_when_the_page_says_so(front: Front) -> None:
    await front.on(Waiting)
    front.tap(WRENCH_CARD)
    asked = await front.on(AskPerson)
    assert [each.name for each in asked.items] == [WRENCH.name]
    front.tap(YAMADA_CARD)
    session = await front.on(Session)
    (line,) = session.lines
    (row,) = await front.outbox.waiting(9)
    assert line.fact == row.id
    assert line.what is Tone.BORROWED
    assert line.undo_ms == 30_000
    assert line.due_us == session.loans[0].due_us
    assert row.at.mono_us == front.now_us, "the fact's time is that of the card's reading"


async def test_each_tap_has_its_own_feedback_number(front: Front) -> None:
    for card in (WRENCH_CARD, YAMADA_CARD):
        front.tap(card)
    await front.on(Session)
    given = {state.feedback.number: state.feedback.tone for state in front.states if state.feedback}
    assert given == {1: Tone.ASK, 2: Tone.BORROWED}
    assert [state.revision for state in front.states] == list(range(1, len(front.states) + 1))


async def test_a_change_around_the_desk_repeats_no_sound(front: Front) -> None:
    front.tap(WRENCH_CARD)
    await front.on(AskPerson)
    front.around.readers["r"] = ReaderReport("r", "pcsc", ReaderState.ABSENT, "unplugged")
    front.counter.refresh()
    state = await front.reached(lambda state: bool(state.readers))
    assert state.feedback is not None
    assert state.feedback.number == 1


async def test_undo_by_touch_takes_the_loan_back(front: Front) -> None:
    front.tap(WRENCH_CARD)
    front.tap(YAMADA_CARD)
    session = await front.on(Session)
    front.counter.touched(kiosk.Undo(session.lines[0].fact))
    state = await front.reached(lambda s: s.feedback is not None and s.feedback.tone is Tone.UNDONE)
    assert isinstance(state.screen, Session)
    assert state.screen.lines[0].what is Tone.UNDONE
    assert state.screen.lines[0].undo_ms == 0
    assert state.screen.loans == ()


async def test_finish_by_touch_ends_the_session(front: Front) -> None:
    front.tap(YAMADA_CARD)
    await front.on(Session)
    front.counter.touched(kiosk.Finish())
    await front.on(Waiting)


async def test_a_notice_ends_by_itself(front: Front) -> None:
    front.tap(UNKNOWN_CARD)
    unknown = await front.on(UnknownCard)
    assert unknown.card == UNKNOWN_CARD
    front.now_us += 200_000
    await front.on(Waiting)


async def test_a_full_disk_says_so_and_nothing_happened_until_there_is_space(front: Front) -> None:
    front.tap(YAMADA_CARD)
    await front.on(Session)
    connection = front.outbox._file._connection
    connection.execute("PRAGMA query_only = 1")
    front.tap(WRENCH_CARD)
    failed = await front.on(Failed)
    assert failed.code == "disk_error"
    row = front.replica.item(WRENCH.id)
    assert row is not None
    assert row.loan is None
    connection.execute("PRAGMA query_only = 0")
    front.tap(WRENCH_CARD)
    session = await front.on(Session)
    assert len(session.lines) == 1
    assert front.outbox.count == 1


async def test_a_fact_without_a_person_shows_the_borrower(tmp_path: Path) -> None:
    async with Outbox.open(tmp_path / "outbox.db") as outbox:
        front = Front(outbox, replica(person(), item(lent_to=person())))
        running = asyncio.create_task(front.counter.run())
        front.tap(WRENCH_CARD)
        done = await front.on(Done)
        assert done.lines[0].borrower is not None
        assert done.lines[0].borrower.name == person().name
        running.cancel()
        await asyncio.wait([running])


async def test_after_a_restart_unsent_taps_show_as_before(tmp_path: Path) -> None:
    async with Outbox.open(tmp_path / "outbox.db") as outbox:
        front = Front(outbox, replica(person(), WRENCH))
        running = asyncio.create_task(front.counter.run())
        front.tap(WRENCH_CARD)
        front.tap(YAMADA_CARD)
        fact = (await front.on(Session)).lines[0].fact
        running.cancel()
        await asyncio.wait([running])
    async with Outbox.open(tmp_path / "outbox.db") as outbox:
        known = replica(person(), WRENCH)
        await lay_waiting_facts(outbox, known)
    row = known.item(WRENCH.id)
    assert row is not None
    assert row.loan is not None
    assert EventId(row.loan.id) == fact
