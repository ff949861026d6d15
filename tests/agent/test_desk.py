"""What a tap means: a table of cases, and properties over any sequence of taps."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.desk import (
    Attending,
    Decision,
    Desk,
    DoneNotice,
    Holding,
    Idle,
    RefusedNotice,
    Tap,
    UnknownNotice,
    decide,
    expire,
    extend,
    failed,
    finish,
    undo,
)
from agent.replica import Replica
from contract.cards import CardProblem, CardUid, Technology
from contract.facts import Borrowed, CardUnknown, Fact, FactBody, Returned, Undone
from contract.ids import EventId
from contract.kiosk import Tone
from contract.lending import Refusal
from contract.replica import ItemRow, ItemStatus, PersonRow, PersonStatus
from support.workshop import (
    CALIPER_CARD,
    SATO_CARD,
    UNKNOWN_CARD,
    WRENCH_CARD,
    YAMADA_CARD,
    item,
    moment,
    numbered_ids,
    person,
    replica,
)

SECOND = 1_000_000


class Bench:
    """A desk with its replica, where every decision's facts are written down at once."""

    def __init__(self, *rows: PersonRow | ItemRow) -> None:
        self.replica: Replica = replica(*rows)
        self.desk = Desk()
        self.now_us = 100 * SECOND
        self.facts: list[FactBody] = []
        self.ids: list[EventId] = []
        self.tones: list[Tone | None] = []
        self._new_id = numbered_ids()

    def tap(
        self,
        card: CardUid,
        *,
        after: float = 2,
        technology: Technology = Technology.ISO14443A,
        reader: str = "reader-1",
    ) -> "Bench":
        self.now_us += int(after * SECOND)
        tap = Tap(card, reader, technology, self.now_us)
        return self._adopt(decide(self.desk, tap, self.replica, self._new_id))

    def undo(self, fact: EventId, *, after: float = 2) -> "Bench":
        self.now_us += int(after * SECOND)
        return self._adopt(undo(self.desk, fact, self.now_us, self.replica, self._new_id))

    def _adopt(self, decision: Decision) -> "Bench":
        for new in decision.facts:
            self.replica.note(Fact(new.id, len(self.facts) + 1, moment(self.now_us), new.body))
            self.facts.append(new.body)
            self.ids.append(new.id)
        self.tones.append(decision.tone)
        self.desk = decision.desk
        return self

    def holder(self, row: ItemRow) -> str | None:
        now = self.replica.item(row.id)
        assert now is not None
        return None if now.loan is None else now.loan.person


YAMADA, SATO = person(), person("佐藤 花子", SATO_CARD)
WRENCH, CALIPER = item(), item("ノギス", CALIPER_CARD)


def workshop(*rows: PersonRow | ItemRow) -> Bench:
    return Bench(*(rows or (YAMADA, SATO, WRENCH, CALIPER)))


@dataclass(frozen=True)
class Case:
    says: str
    taps: tuple[CardUid, ...]
    facts: tuple[type, ...]
    last_tone: Tone
    stage: type


CASES = [
    Case("an item waits for a person", (WRENCH_CARD,), (), Tone.ASK, Holding),
    Case("item, then person", (WRENCH_CARD, YAMADA_CARD), (Borrowed,), Tone.BORROWED, Attending),
    Case("person, then item", (YAMADA_CARD, WRENCH_CARD), (Borrowed,), Tone.BORROWED, Attending),
    Case(
        "two items, then a person",
        (WRENCH_CARD, CALIPER_CARD, YAMADA_CARD),
        (Borrowed, Borrowed),
        Tone.BORROWED,
        Attending,
    ),
    Case(
        "person, then two items",
        (YAMADA_CARD, WRENCH_CARD, CALIPER_CARD),
        (Borrowed, Borrowed),
        Tone.BORROWED,
        Attending,
    ),
    Case(
        "an item that is out comes back within the session",
        (YAMADA_CARD, WRENCH_CARD, WRENCH_CARD),
        (Borrowed, Returned),
        Tone.RETURNED,
        Attending,
    ),
    Case("the same card again ends the session", (YAMADA_CARD, YAMADA_CARD), (), Tone.ASK, Idle),
    Case("another person begins theirs", (YAMADA_CARD, SATO_CARD), (), Tone.ASK, Attending),
    Case("an unknown card is told", (UNKNOWN_CARD,), (CardUnknown,), Tone.ERROR, Idle),
    Case(
        "an unknown card does not end a session",
        (YAMADA_CARD, UNKNOWN_CARD, WRENCH_CARD),
        (CardUnknown, Borrowed),
        Tone.BORROWED,
        Attending,
    ),
    Case(
        "the same item twice is still one item",
        (WRENCH_CARD, WRENCH_CARD, YAMADA_CARD),
        (Borrowed,),
        Tone.BORROWED,
        Attending,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_a_sequence_of_taps_means(case: Case) -> None:
    bench = workshop()
    for card in case.taps:
        bench.tap(card)
    assert tuple(type(fact) for fact in bench.facts) == case.facts
    assert bench.tones[-1] is case.last_tone
    assert isinstance(bench.desk.stage, case.stage)


def test_an_item_that_is_out_is_returned_by_a_tap_without_anyone() -> None:
    bench = workshop(YAMADA, item(lent_to=YAMADA)).tap(WRENCH_CARD)
    (fact,) = bench.facts
    assert isinstance(fact, Returned)
    assert fact.loan == f"loan-{WRENCH_CARD}"
    assert isinstance(bench.desk.notice, DoneNotice)
    assert bench.holder(WRENCH) is None


def test_an_item_lent_to_someone_else_is_returned_and_a_second_tap_lends_it() -> None:
    bench = workshop(YAMADA, SATO, item(lent_to=YAMADA))
    bench.tap(SATO_CARD).tap(WRENCH_CARD)
    assert bench.holder(WRENCH) is None
    bench.tap(WRENCH_CARD)
    assert bench.holder(WRENCH) == SATO.id


def test_two_returns_without_anyone_are_shown_together() -> None:
    bench = workshop(YAMADA, item(lent_to=YAMADA), item("ノギス", CALIPER_CARD, lent_to=YAMADA))
    bench.tap(WRENCH_CARD).tap(CALIPER_CARD)
    assert isinstance(bench.desk.notice, DoneNotice)
    assert [line.item for line in bench.desk.notice.lines] == [CALIPER.id, WRENCH.id]


def test_a_return_while_another_item_lies_ready_keeps_it_ready() -> None:
    bench = workshop(YAMADA, WRENCH, item("ノギス", CALIPER_CARD, lent_to=YAMADA))
    bench.tap(WRENCH_CARD).tap(CALIPER_CARD).tap(YAMADA_CARD)
    assert [type(fact) for fact in bench.facts] == [Returned, Borrowed]
    assert bench.holder(WRENCH) == YAMADA.id


def test_a_card_that_trembles_on_the_edge_is_one_tap() -> None:
    bench = workshop().tap(YAMADA_CARD).tap(WRENCH_CARD)
    bench.tap(WRENCH_CARD, after=0.4).tap(WRENCH_CARD, after=0.9).tap(WRENCH_CARD, after=0.9)
    assert [type(fact) for fact in bench.facts] == [Borrowed]


def test_the_same_card_on_another_reader_is_another_tap() -> None:
    bench = workshop().tap(YAMADA_CARD)
    bench.tap(WRENCH_CARD, reader="a").tap(WRENCH_CARD, reader="b", after=0.5)
    assert [type(fact) for fact in bench.facts] == [Borrowed, Returned]


@pytest.mark.parametrize(
    ("card", "technology", "problem"),
    [
        ("08123456", Technology.ISO14443A, CardProblem.RANDOM_UID),
        ("11223344", Technology.ISO14443B, CardProblem.CHANGING_UID),
    ],
)
def test_a_card_that_changes_is_explained_and_not_reported(
    card: str, technology: Technology, problem: CardProblem
) -> None:
    bench = workshop().tap(CardUid(card), technology=technology)
    assert bench.facts == []
    assert isinstance(bench.desk.notice, UnknownNotice)
    assert bench.desk.notice.problem is problem


@pytest.mark.parametrize(
    ("rows", "taps", "reason"),
    [
        (
            (person(status=PersonStatus.SUSPENDED), WRENCH),
            (WRENCH_CARD, YAMADA_CARD),
            Refusal.PERSON_SUSPENDED,
        ),
        ((person(status=PersonStatus.LEFT),), (YAMADA_CARD,), Refusal.PERSON_LEFT),
        ((person(status=PersonStatus.UNRECOGNISED),), (YAMADA_CARD,), Refusal.STATUS_UNKNOWN),
        ((person(blocked=True),), (YAMADA_CARD,), Refusal.CARD_BLOCKED),
        ((item(blocked=True),), (WRENCH_CARD,), Refusal.CARD_BLOCKED),
        ((item(status=ItemStatus.MAINTENANCE),), (WRENCH_CARD,), Refusal.ITEM_MAINTENANCE),
        ((item(status=ItemStatus.LOST),), (WRENCH_CARD,), Refusal.ITEM_LOST),
        ((item(status=ItemStatus.RETIRED),), (WRENCH_CARD,), Refusal.ITEM_RETIRED),
        (
            (YAMADA, item(status=ItemStatus.MAINTENANCE)),
            (YAMADA_CARD, WRENCH_CARD),
            Refusal.ITEM_MAINTENANCE,
        ),
    ],
)
def test_a_rule_refuses_with_its_reason(
    rows: tuple[PersonRow | ItemRow, ...], taps: tuple[CardUid, ...], reason: Refusal
) -> None:
    bench = workshop(*rows)
    for card in taps:
        bench.tap(card)
    assert bench.facts == []
    assert isinstance(bench.desk.notice, RefusedNotice)
    assert bench.desk.notice.reason is reason
    assert bench.tones[-1] is Tone.ERROR


@pytest.mark.parametrize("status", [s for s in ItemStatus if s is not ItemStatus.AVAILABLE])
def test_an_item_that_may_not_be_lent_still_comes_back(status: ItemStatus) -> None:
    bench = workshop(YAMADA, item(status=status, lent_to=YAMADA, blocked=True)).tap(WRENCH_CARD)
    assert [type(fact) for fact in bench.facts] == [Returned]


def test_items_lie_ready_for_the_next_person_when_one_is_refused() -> None:
    bench = workshop(YAMADA, person("佐藤", SATO_CARD, blocked=True), WRENCH)
    bench.tap(WRENCH_CARD).tap(SATO_CARD).tap(YAMADA_CARD)
    assert bench.holder(WRENCH) == YAMADA.id


def test_a_person_suspended_during_their_session_gets_nothing_more() -> None:
    bench = workshop().tap(YAMADA_CARD)
    bench.replica.rows().put_person(person(status=PersonStatus.SUSPENDED, version=2))
    bench.tap(WRENCH_CARD)
    assert bench.facts == []
    assert isinstance(bench.desk.notice, RefusedNotice)


def test_of_two_items_one_that_went_into_maintenance_stays_and_the_other_goes() -> None:
    bench = workshop().tap(WRENCH_CARD).tap(CALIPER_CARD)
    bench.replica.rows().put_item(item(status=ItemStatus.MAINTENANCE, version=2))
    bench.tap(YAMADA_CARD)
    assert bench.holder(WRENCH) is None
    assert bench.holder(CALIPER) == YAMADA.id
    assert isinstance(bench.desk.notice, RefusedNotice)


def test_an_item_lent_elsewhere_while_it_lay_here_is_returned_first() -> None:
    bench = workshop().tap(WRENCH_CARD)
    bench.replica.rows().put_item(item(lent_to=SATO, version=2))
    bench.tap(YAMADA_CARD)
    assert [type(fact) for fact in bench.facts] == [Returned, Borrowed]
    assert bench.holder(WRENCH) == YAMADA.id


def test_a_session_ends_when_nothing_happens_and_a_touch_prolongs_it() -> None:
    bench = workshop().tap(YAMADA_CARD)
    touched = extend(bench.desk, bench.now_us + 15 * SECOND)
    assert isinstance(expire(bench.desk, bench.now_us + 21 * SECOND).stage, Idle)
    assert isinstance(expire(touched, bench.now_us + 21 * SECOND).stage, Attending)


def test_an_item_tapped_after_the_session_ended_asks_for_a_person() -> None:
    bench = workshop().tap(YAMADA_CARD).tap(WRENCH_CARD, after=25)
    assert bench.facts == []
    assert isinstance(bench.desk.stage, Holding)


def test_finish_leaves_a_notice_first_and_then_the_session() -> None:
    bench = workshop().tap(YAMADA_CARD).tap(UNKNOWN_CARD)
    once = finish(bench.desk)
    assert once.notice is None
    assert isinstance(once.stage, Attending)
    assert isinstance(finish(once).stage, Idle)


def test_a_loan_is_undone_within_thirty_seconds() -> None:
    bench = workshop().tap(YAMADA_CARD).tap(WRENCH_CARD)
    bench.undo(bench.ids[0], after=29)
    assert bench.facts[-1] == Undone(bench.ids[0])
    assert bench.holder(WRENCH) is None
    assert bench.tones[-1] is Tone.UNDONE


def test_a_return_undone_gives_the_loan_back_to_who_had_it() -> None:
    bench = workshop(YAMADA, item(lent_to=YAMADA)).tap(WRENCH_CARD)
    bench.undo(bench.ids[0])
    row = bench.replica.item(WRENCH.id)
    assert row is not None and row.loan is not None
    assert row.loan.id == f"loan-{WRENCH_CARD}"
    assert isinstance(bench.desk.notice, DoneNotice)


def test_undo_after_thirty_seconds_changes_nothing() -> None:
    bench = workshop().tap(YAMADA_CARD).tap(WRENCH_CARD)
    bench.undo(bench.ids[0], after=30)
    assert len(bench.facts) == 1
    assert bench.tones[-1] is Tone.ERROR


def test_undo_works_once() -> None:
    bench = workshop().tap(YAMADA_CARD).tap(WRENCH_CARD)
    bench.undo(bench.ids[0]).undo(bench.ids[0])
    assert [type(fact) for fact in bench.facts] == [Borrowed, Undone]


def test_only_the_latest_thing_done_with_an_item_can_be_undone() -> None:
    bench = workshop().tap(YAMADA_CARD).tap(WRENCH_CARD).tap(WRENCH_CARD)
    bench.undo(bench.ids[0])
    assert [type(fact) for fact in bench.facts] == [Borrowed, Returned]
    bench.undo(bench.ids[1])
    assert bench.holder(WRENCH) == YAMADA.id


def test_a_loan_that_another_kiosk_ended_meanwhile_cannot_be_undone() -> None:
    bench = workshop().tap(YAMADA_CARD).tap(WRENCH_CARD)
    bench.replica.answered(bench.ids, [item(version=3)])
    bench.undo(bench.ids[0])
    assert [type(fact) for fact in bench.facts] == [Borrowed]


def test_undo_of_an_unknown_fact_is_an_error_and_nothing_else() -> None:
    bench = workshop().undo(EventId("nothing"))
    assert bench.facts == []
    assert bench.tones == [Tone.ERROR]


def test_a_fact_that_could_not_be_written_leaves_the_desk_as_it_was() -> None:
    bench = workshop().tap(WRENCH_CARD)
    told = failed(bench.desk, "disk_full", bench.now_us)
    assert told.stage == bench.desk.stage
    assert told.recent == bench.desk.recent


CARDS = [YAMADA_CARD, SATO_CARD, WRENCH_CARD, CALIPER_CARD, UNKNOWN_CARD, CardUid("08123456")]
steps = st.lists(
    st.tuples(
        st.sampled_from([*CARDS, "undo", "undo-old", "finish"]),
        st.sampled_from([0.1, 0.9, 1.0, 5.0, 21.0, 31.0]),
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(steps)
def test_no_sequence_crashes_and_no_item_is_lent_twice(taken: list[tuple[str, float]]) -> None:
    bench = workshop()
    for what, after in taken:
        if what == "finish":
            bench.desk = finish(bench.desk)
        elif what.startswith("undo"):
            if bench.ids:
                bench.undo(bench.ids[-1 if what == "undo" else 0], after=after)
        else:
            bench.tap(CardUid(what), after=after)
        assert_ledger_matches(bench)


def assert_ledger_matches(bench: Bench) -> None:
    """Replay the facts as a ledger would: no double loan, and the overlay says the same."""
    lent: dict[str, str] = {}
    before: dict[str, tuple[str, str | None]] = {}
    for fact_id, body in zip(bench.ids, bench.facts, strict=True):
        match body:
            case Borrowed(item=key, person=who):
                assert key not in lent, "lent twice without a return in between"
                before[fact_id] = (key, None)
                lent[key] = who
            case Returned(item=key, person=who):
                assert lent.get(key) == who, "returned what was not out"
                before[fact_id] = (key, lent.pop(key))
            case Undone(fact=target):
                what, had = before.pop(target)
                lent.pop(what, None)
                if had is not None:
                    lent[what] = had
            case CardUnknown():
                pass
    for row in (WRENCH, CALIPER):
        assert bench.holder(row) == lent.get(row.id)
