"""What facts do to the ledger, as a table of cases and as a property over all orders of arrival."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.facts import Borrowed, Returned, Undone
from contract.ids import EventId, ItemId, LoanId, PersonId, new_id
from contract.replica import ItemStatus, PersonStatus
from server.modules.loans.model import ConflictKind, LoanState, Resolution
from server.modules.loans.rules import (
    Effect,
    ItemLine,
    Ledger,
    Meaningless,
    Occasion,
    PersonLine,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
WRENCH = ItemId(new_id())
SATO, SUZUKI, LEAVER = PersonId(new_id()), PersonId(new_id()), PersonId(new_id())
KIOSK, OTHER = new_id(), new_id()


def a_ledger(*, status: ItemStatus = ItemStatus.AVAILABLE, loan_days: int | None = None) -> Ledger:
    ledger = Ledger()
    ledger.items[WRENCH] = ItemLine(
        WRENCH, "T-001", "トルクレンチ", status, loan_days, None, None, 1
    )
    ledger.persons[SATO] = PersonLine(SATO, "佐藤", PersonStatus.ACTIVE)
    ledger.persons[SUZUKI] = PersonLine(SUZUKI, "鈴木", PersonStatus.ACTIVE)
    ledger.persons[LEAVER] = PersonLine(LEAVER, "田中", PersonStatus.LEFT)
    return ledger


def at(minutes: float, *, agent: str = KIOSK, certain: bool = True) -> Occasion:
    return Occasion(EventId(new_id()), NOON + timedelta(minutes=minutes), certain, agent)


def lend(ledger: Ledger, person: PersonId, on: Occasion) -> Effect:
    effect = ledger.borrow(Borrowed(WRENCH, person), on)
    assert isinstance(effect, Effect)
    return effect


def give_back(ledger: Ledger, loan: str, on: Occasion) -> Effect:
    effect = ledger.give_back(Returned(WRENCH, LoanId(loan)), on)
    assert isinstance(effect, Effect)
    return effect


def kinds(effect: Effect) -> list[ConflictKind]:
    return [conflict.kind for conflict in effect.conflicts]


def test_item_lent_and_returned_leaves_one_closed_loan() -> None:
    ledger = a_ledger(loan_days=3)
    lent = lend(ledger, SATO, at(0))
    assert lent.loan.due_at == NOON + timedelta(days=3)
    back = give_back(ledger, lent.loan.id, at(30))
    assert (back.loan.state, kinds(lent), kinds(back)) == (LoanState.RETURNED, [], [])
    assert ledger.open_loan(WRENCH) is None


def test_item_lent_by_two_kiosks_keeps_both_facts_and_opens_one_conflict() -> None:
    ledger = a_ledger()
    first = lend(ledger, SATO, at(0))
    second = lend(ledger, SUZUKI, at(5, agent=OTHER))
    assert kinds(second) == [ConflictKind.LENT_TWICE]
    assert first.loan.state is LoanState.SUPERSEDED
    assert ledger.open_loan(WRENCH) is second.loan


def test_an_earlier_borrow_that_arrives_later_is_history_and_not_where_the_item_is() -> None:
    ledger = a_ledger()
    now = lend(ledger, SUZUKI, at(10, agent=OTHER))
    late = lend(ledger, SATO, at(0))
    assert kinds(late) == [ConflictKind.LENT_TWICE]
    assert late.loan.state is LoanState.SUPERSEDED
    assert ledger.open_loan(WRENCH) is now.loan


def test_a_late_return_explains_the_late_borrow_and_settles_the_conflict() -> None:
    ledger = a_ledger()
    now = lend(ledger, SUZUKI, at(10, agent=OTHER))
    late = lend(ledger, SATO, at(0))
    give_back(ledger, late.loan.id, at(5))
    assert late.conflicts[0].resolution is Resolution.LATER_FACT
    assert late.loan.state is LoanState.RETURNED
    assert ledger.open_loan(WRENCH) is now.loan


def test_a_return_after_the_other_borrow_brings_the_item_back_whoever_had_it() -> None:
    ledger = a_ledger()
    mine = lend(ledger, SATO, at(0))
    theirs = lend(ledger, SUZUKI, at(5, agent=OTHER))
    give_back(ledger, mine.loan.id, at(20))
    assert ledger.open_loan(WRENCH) is None
    assert theirs.loan.state is LoanState.RETURNED
    assert theirs.conflicts[0].resolution is None


def test_within_the_clocks_tolerance_the_order_of_arrival_decides() -> None:
    ledger = a_ledger()
    lent = lend(ledger, SATO, at(0))
    give_back(ledger, lent.loan.id, at(1))
    again = lend(ledger, SUZUKI, at(1 - 1 / 60, agent=OTHER))
    assert kinds(again) == []
    assert ledger.open_loan(WRENCH) is again.loan


def test_an_uncertain_time_never_makes_a_fact_late() -> None:
    ledger = a_ledger()
    lend(ledger, SATO, at(10))
    unsure = lend(ledger, SUZUKI, at(-60, certain=False, agent=OTHER))
    assert ledger.open_loan(WRENCH) is unsure.loan


def test_what_the_kiosk_could_not_know_is_lent_and_told() -> None:
    ledger = a_ledger(status=ItemStatus.MAINTENANCE)
    ledger.blocked_cards = frozenset({"04AABBCC"})
    effect = ledger.borrow(Borrowed(WRENCH, LEAVER, person_card="04AABBCC"), at(0))
    assert isinstance(effect, Effect)
    assert kinds(effect) == [
        ConflictKind.PERSON_NOT_ALLOWED,
        ConflictKind.ITEM_NOT_LENDABLE,
        ConflictKind.CARD_BLOCKED,
    ]
    assert ledger.open_loan(WRENCH) is effect.loan


def test_a_second_return_of_the_same_loan_is_told() -> None:
    ledger = a_ledger()
    lent = lend(ledger, SATO, at(0))
    give_back(ledger, lent.loan.id, at(1))
    assert kinds(give_back(ledger, lent.loan.id, at(2, agent=OTHER))) == [
        ConflictKind.RETURN_WITHOUT_LOAN
    ]


def test_undo_of_a_borrow_cancels_it_and_gives_the_item_back_to_whom_it_displaced() -> None:
    ledger = a_ledger()
    first = lend(ledger, SATO, at(0))
    second = lend(ledger, SUZUKI, at(5, agent=OTHER))
    undone = ledger.undo(Undone(EventId(second.loan.id)), at(5.2, agent=OTHER))
    assert isinstance(undone, Effect)
    assert second.loan.state is LoanState.CANCELLED
    assert ledger.open_loan(WRENCH) is first.loan
    assert second.conflicts[0].resolution is Resolution.LATER_FACT


def test_undo_of_a_return_opens_the_loan_again() -> None:
    ledger = a_ledger()
    lent = lend(ledger, SATO, at(0))
    on = at(1)
    give_back(ledger, lent.loan.id, on)
    ledger.undo(Undone(on.fact), at(1.2))
    assert ledger.open_loan(WRENCH) is lent.loan
    assert lent.loan.returned_at is None


def test_undo_of_a_return_that_ended_no_loan_is_a_matter_for_the_desk() -> None:
    ledger = a_ledger()
    lent = lend(ledger, SATO, at(0))
    give_back(ledger, lent.loan.id, at(1, agent=OTHER))
    stray = at(1.1)
    give_back(ledger, lent.loan.id, stray)
    undone = ledger.undo(Undone(stray.fact), at(1.2))
    assert isinstance(undone, Effect)
    assert kinds(undone) == [ConflictKind.UNDO_TOO_LATE]
    (first,) = [c for c in ledger.conflicts.values() if c.fact == stray.fact]
    assert first.resolution is Resolution.LATER_FACT


def test_undo_of_a_return_is_too_late_once_somebody_else_has_the_item() -> None:
    ledger = a_ledger()
    lent = lend(ledger, SATO, at(0))
    on = at(1)
    give_back(ledger, lent.loan.id, on)
    taken = lend(ledger, SUZUKI, at(2, agent=OTHER))
    undone = ledger.undo(Undone(on.fact), at(1.3))
    assert isinstance(undone, Effect)
    assert kinds(undone) == [ConflictKind.UNDO_TOO_LATE]
    assert ledger.open_loan(WRENCH) is taken.loan


def test_facts_about_nothing_mean_nothing() -> None:
    ledger = a_ledger()
    elsewhere = ItemId(new_id())
    assert ledger.borrow(Borrowed(elsewhere, SATO), at(0)) == Meaningless("unknown_item")
    assert ledger.borrow(Borrowed(WRENCH, PersonId(new_id())), at(0)) == Meaningless(
        "unknown_person"
    )
    assert ledger.undo(Undone(EventId(new_id())), at(0)) == Meaningless("unknown_fact")
    assert ledger.give_back(Returned(WRENCH, LoanId(new_id())), at(0)) == Meaningless(
        "unknown_loan"
    )
    assert not ledger.touched_loans
    assert not ledger.new_conflicts


def test_settling_by_swap_makes_the_other_loan_the_open_one() -> None:
    ledger = a_ledger()
    first = lend(ledger, SATO, at(0))
    second = lend(ledger, SUZUKI, at(5, agent=OTHER))
    ledger.settle(second.conflicts[0], Resolution.SWAP, at(60))
    assert ledger.open_loan(WRENCH) is first.loan
    assert second.loan.state is LoanState.SUPERSEDED


steps = st.lists(
    st.tuples(
        st.sampled_from(["lend", "return", "undo"]),
        st.integers(0, 2),
        st.integers(-30, 30),
        st.booleans(),
        st.integers(0, 20),
    ),
    max_size=25,
)


@settings(max_examples=300)
@given(steps)
def test_in_any_order_of_any_facts_an_item_is_out_at_most_once(
    story: list[tuple[str, int, int, bool, int]],
) -> None:
    ledger = a_ledger()
    facts: list[str] = []
    loans: list[str] = []
    for what, person, minutes, certain, which in story:
        on = at(minutes, certain=certain)
        if what == "lend":
            loans.append(lend(ledger, [SATO, SUZUKI, LEAVER][person], on).loan.id)
        elif what == "return" and loans:
            ledger.give_back(Returned(WRENCH, LoanId(loans[which % len(loans)])), on)
        elif what == "undo" and facts:
            ledger.undo(Undone(EventId(facts[which % len(facts)])), on)
        facts.append(on.fact)
        open_loans = [loan for loan in ledger.loans.values() if loan.state is LoanState.OPEN]
        assert len(open_loans) <= 1
        assert ledger.open_loan(WRENCH) is (open_loans[0] if open_loans else None)
        for loan in ledger.loans.values():
            assert (loan.state is LoanState.RETURNED) == (loan.returned_at is not None)
    # Nothing that was reported is forgotten: each borrow is a loan, whatever became of it.
    assert set(loans) == set(ledger.loans)
