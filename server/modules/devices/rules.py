"""Pure decisions on pairing: when typing codes is locked. No I/O."""

from dataclasses import dataclass
from datetime import datetime, timedelta

MAX_FAILURES = 5
FAILURE_WINDOW = timedelta(minutes=15)
LOCK_TIME = timedelta(minutes=15)
PAIRING_LIFE = timedelta(minutes=10)
MAX_WAITING = 20
MAX_WAITING_FROM_ONE_ADDRESS = 5


@dataclass(frozen=True, slots=True)
class CodeLock:
    """Wrong codes of one admin since the first that still counts; `until` while locked."""

    failures: int
    since: datetime
    until: datetime | None = None

    def minutes_left(self, now: datetime) -> int:
        """Return for how many minutes nothing is accepted, 0 if it is."""
        if self.until is None or now >= self.until:
            return 0
        return max(1, -(-int((self.until - now).total_seconds()) // 60))


def after_wrong_code(lock: CodeLock | None, now: datetime) -> CodeLock:
    """Count one more wrong code: the fifth within the window locks."""
    if lock is None or lock.until is not None or now - lock.since > FAILURE_WINDOW:
        lock = CodeLock(0, now)
    failures = lock.failures + 1
    return CodeLock(failures, lock.since, now + LOCK_TIME if failures >= MAX_FAILURES else None)
