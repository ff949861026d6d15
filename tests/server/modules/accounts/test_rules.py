"""What locks, what is no password, what is no PIN."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.cards import CardUid, Technology
from contract.ids import PersonId
from contract.replica import PersonStatus
from server.modules.accounts.factor_model import Demand, Held, Second
from server.modules.accounts.rules import (
    FAILURE_WINDOW,
    LOCK_TIME,
    MAX_FAILURES,
    Lockout,
    after_failure,
    demanded,
    minutes_left,
    password_fault,
    pin_fault,
    second_wanted,
    vouches,
)
from server.modules.people.model import Person, PersonCard

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
pauses = st.lists(st.integers(0, 40 * 60), min_size=1, max_size=60)


@given(pauses)
def test_no_quarter_of_an_hour_sees_more_than_five_failures(seconds: list[int]) -> None:
    """However attempts are spread, a locked key looks at none of them."""
    now, counted = NOON, None
    looked_at: list[datetime] = []
    for pause in seconds:
        now += timedelta(seconds=pause)
        if counted is not None and counted.locked(now):
            continue
        looked_at.append(now)
        counted = after_failure(counted, now)
    for place, first in enumerate(looked_at):
        within = [at for at in looked_at[place:] if at - first < FAILURE_WINDOW]
        # Windows begin with their first failure: two may touch.
        assert len(within) <= 2 * MAX_FAILURES - 1


def test_the_fifth_failure_locks_and_time_unlocks() -> None:
    counted: Lockout | None = None
    for _ in range(MAX_FAILURES):
        assert counted is None or not counted.locked(NOON)
        counted = after_failure(counted, NOON)
    assert counted is not None
    assert counted.locked(NOON)
    assert minutes_left(counted, NOON) == 15
    assert not counted.locked(NOON + LOCK_TIME)
    assert after_failure(counted, NOON + LOCK_TIME).failures == 1


def test_failures_of_long_ago_do_not_count() -> None:
    counted = Lockout(MAX_FAILURES - 1, NOON)
    later = NOON + FAILURE_WINDOW + timedelta(seconds=1)
    assert after_failure(counted, later) == Lockout(1, later)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "password_short"),
        ("x" * 257, "password_long"),
        ("aaaaaaaaaa", "password_monotonous"),
        ("Hanako-2026!", "password_obvious"),
        ("みなと精機2026", "password_obvious"),
        ("genbaGENBA1", "password_obvious"),
        ("hanako と青いノギス 5 本", ""),
        ("工具室の鍵は右の棚の上", ""),
    ],
)
def test_a_password_is_judged_by_length_and_sense(password: str, fault: str) -> None:
    assert password_fault(password, ["hanako", "佐藤", "みなと精機"], leaked=False) == fault


def test_a_leaked_password_is_nobodys() -> None:
    assert password_fault("correct horse", ["hanako"], leaked=True) == "password_leaked"


@pytest.mark.parametrize("pin", ["111111", "123456", "987654", "890123"])
def test_a_guessable_pin_is_refused(pin: str) -> None:
    assert pin_fault(pin) == "pin_guessable"


def test_a_pin_in_no_order_is_fine() -> None:
    assert pin_fault("294017") == ""


UIDS = st.sampled_from([CardUid("04A1B2C3"), CardUid("04A1B2C4"), CardUid("04A1B2C5")])
CARDS = st.lists(st.builds(PersonCard, UIDS, st.just(Technology.FELICA), st.booleans()), max_size=4)


@given(UIDS, CARDS, st.sampled_from(PersonStatus), st.booleans())
def test_a_card_vouches_for_an_active_person_whose_it_is_and_while_it_is_not_blocked(
    shown: CardUid, cards: list[PersonCard], status: PersonStatus, erased: bool
) -> None:
    person = Person(
        id=PersonId("p"),
        code="1001",
        name="佐藤 花子",
        reading="",
        department="",
        section="",
        status=status,
        notes="",
        version=1,
        created_at=NOON,
        updated_at=NOON,
        cards=tuple(cards),
        erased=erased,
    )
    usable = {card.uid for card in cards if not card.blocked}
    wanted = shown in usable and status is PersonStatus.ACTIVE and not erased
    assert vouches(shown, person) is wanted


HELD = Held(covered=True, totp=False, passkeys=0, recovery_codes=0, due=None)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, Second.NOTHING),
        ({"recovery_codes": 9}, Second.NOTHING),
        ({"passkeys": 1}, Second.PASSKEY),
        ({"passkeys": 1, "recovery_codes": 1}, Second.RECOVERY),
        ({"passkeys": 1, "covered": False}, Second.NOTHING),
        ({"totp": True}, Second.TOTP),
        ({"totp": True, "passkeys": 1, "covered": False}, Second.TOTP),
    ],
)
def test_what_a_password_wants_besides(changes: dict[str, Any], wanted: Second) -> None:
    assert second_wanted(replace(HELD, **changes)) is wanted


@pytest.mark.parametrize(
    ("covered", "two_factors", "due_in", "demand"),
    [
        (False, False, -1, Demand.NONE),
        (True, True, -1, Demand.NONE),
        (True, False, None, Demand.ADVISED),
        (True, False, 1, Demand.ADVISED),
        (True, False, 0, Demand.DUE),
        (True, False, -1, Demand.DUE),
    ],
)
def test_a_second_factor_is_demanded_when_its_time_is_over(
    covered: bool, two_factors: bool, due_in: int | None, demand: Demand
) -> None:
    due = None if due_in is None else NOON + timedelta(seconds=due_in)
    assert demanded(covered, two_factors, due, NOON) is demand
