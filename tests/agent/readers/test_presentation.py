"""One presentation of a card is one tap."""

from agent.readers.presentation import (
    GONE_AFTER_US,
    SETTLE_US,
    InField,
    Sight,
    Slot,
    look,
    nothing_sensed,
    sensed,
)
from contract.cards import CardUid, Technology

RED, BLUE = CardUid("04A1B2C3"), CardUid("04112233")
A, F = Technology.ISO14443A, Technology.FELICA


def slot(*, present: bool = False, count: int = 0, uid: CardUid | None = None) -> Slot:
    return Slot(present, count, uid)


def test_a_card_in_a_slot_seen_for_the_first_time_lay_there() -> None:
    assert look(None, present=True, count=1, now_us=0)[1] is Sight.LYING_THERE


def test_a_card_in_a_slot_that_was_empty_is_presented() -> None:
    assert look(slot(), present=True, count=1, now_us=0)[1] is Sight.PRESENTED


def test_a_card_that_stays_is_nothing_new_and_keeps_its_uid() -> None:
    before = slot(present=True, count=1, uid=RED)
    assert look(before, present=True, count=1, now_us=9) == (before, Sight.NOTHING_NEW)


def test_two_events_between_two_looks_are_a_swap_even_when_the_count_overflows() -> None:
    before = slot(present=True, count=0xFFFF, uid=RED)
    assert look(before, present=True, count=1, now_us=0)[1] is Sight.PRESENTED


def test_a_card_found_when_the_reader_returns_may_be_the_one_before() -> None:
    lost = slot(present=True, count=5, uid=RED).lost()
    now, sight = look(lost, present=True, count=1, now_us=0)
    assert sight is Sight.MAYBE_THE_SAME
    assert now.watched


def test_a_reader_that_returns_empty_may_find_the_card_a_moment_later() -> None:
    lost = slot(present=True, count=5, uid=RED).lost()
    empty, _ = look(lost, present=False, count=0, now_us=0)
    assert empty.missed == RED
    assert look(empty, present=True, count=1, now_us=SETTLE_US)[1] is Sight.MAYBE_THE_SAME
    assert look(empty, present=True, count=1, now_us=SETTLE_US + 1)[1] is Sight.PRESENTED


def test_a_reader_lost_empty_and_returning_with_a_card_saw_a_tap() -> None:
    lost = slot(count=4).lost()
    assert look(lost, present=True, count=1, now_us=0)[1] is Sight.PRESENTED


def test_a_reader_lost_twice_in_a_row_still_remembers_its_card() -> None:
    lost = slot(present=True, count=5, uid=RED).lost()
    empty, _ = look(lost, present=False, count=0, now_us=0)
    assert look(empty.lost(), present=True, count=1, now_us=9_000_000)[1] is Sight.MAYBE_THE_SAME


def test_a_card_in_an_empty_field_is_presented() -> None:
    assert sensed(None, RED, A, 0) == (InField(RED, A, 0), True)


def test_a_card_that_stays_in_the_field_is_one_tap() -> None:
    assert sensed(InField(RED, A, 0), RED, A, 100) == (InField(RED, A, 100), False)


def test_another_card_in_the_field_is_another_tap() -> None:
    assert sensed(InField(RED, A, 0), BLUE, A, 100)[1]
    assert sensed(InField(RED, A, 0), RED, F, 100)[1]


def test_a_card_that_changes_its_uid_at_each_look_is_one_tap() -> None:
    phone = InField(CardUid("08A1B2C3"), A, 0)
    assert not sensed(phone, CardUid("08112233"), A, 100)[1]
    my_number = InField(CardUid("A1B2C3D4"), Technology.ISO14443B, 0)
    assert not sensed(my_number, CardUid("11223344"), Technology.ISO14443B, 100)[1]
    assert sensed(phone, RED, A, 100)[1]


def test_one_miss_at_the_edge_of_the_field_is_no_removal() -> None:
    before = InField(RED, A, 0)
    assert nothing_sensed(before, GONE_AFTER_US - 1) is before
    assert nothing_sensed(before, GONE_AFTER_US) is None
    assert nothing_sensed(None, 0) is None
