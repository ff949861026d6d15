"""When typing codes is locked."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.modules.devices.rules import (
    FAILURE_WINDOW,
    LOCK_TIME,
    MAX_FAILURES,
    CodeLock,
    after_wrong_code,
)

START = datetime(2026, 5, 1, tzinfo=UTC)


def after(pauses: list[float]) -> tuple[CodeLock | None, datetime]:
    """Return what became of wrong codes, each so many minutes after the last."""
    lock, now = None, START
    for pause in pauses:
        now += timedelta(minutes=pause)
        if lock is None or not lock.minutes_left(now):
            lock = after_wrong_code(lock, now)
    return lock, now


def test_the_fifth_within_a_quarter_of_an_hour_locks_for_one() -> None:
    lock, now = after([0, 1, 1, 1])
    assert lock is not None
    assert lock.minutes_left(now) == 0
    lock, now = after([0, 1, 1, 1, 1])
    assert lock is not None
    assert lock.minutes_left(now) == 15
    assert lock.minutes_left(now + timedelta(minutes=14, seconds=59)) == 1
    assert lock.minutes_left(now + LOCK_TIME) == 0


def test_slow_mistakes_never_lock() -> None:
    lock, now = after([0] + [5.1] * 50)
    assert lock is not None
    assert lock.minutes_left(now) == 0


@given(st.lists(st.floats(0, 20), min_size=1, max_size=40))
def test_nobody_tries_more_than_five_codes_in_a_window(pauses: list[float]) -> None:
    lock, now, tries = None, START, []
    for pause in pauses:
        now += timedelta(minutes=pause)
        if lock is None or not lock.minutes_left(now):
            tries.append(now)
            lock = after_wrong_code(lock, now)
    for first in tries:
        window = [at for at in tries if first <= at <= first + FAILURE_WINDOW]
        assert len(window) <= 2 * MAX_FAILURES - 1
