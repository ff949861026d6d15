"""When a fact happened, as far as a server can tell. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contract.ids import BootId
from contract.moment import Clock, Moment

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Further ahead of the server than this, a wall clock is wrong, not fast.
FUTURE = timedelta(minutes=5)
# The agent's own time stands if it is this close to what its monotonic clock says.
CLOSE = timedelta(seconds=2)
_LONGEST_US = 100 * 366 * 24 * 60 * 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class BootClock:
    """When this boot's monotonic clock read zero, by the server's time."""

    boot: BootId
    zero: datetime


def measure(boot: BootId, mono_us: int, now: datetime) -> BootClock:
    """Return the boot's clock from one reading of it that has just arrived.

    The reading is as old as the message was under way: the error is that delay.
    """
    return BootClock(boot, now - (_span(mono_us) or timedelta(0)))


def happened(moment: Moment, known: BootClock, now: datetime) -> tuple[datetime, bool]:
    """Return when it happened and whether that is certain.

    In the running boot the monotonic clock decides, whatever the wall clock said. A fact of an
    earlier boot is believed if its clock was known and is not ahead of ours. Otherwise all that is
    certain is that it has happened by now.
    """
    wall = _time(moment.wall_us)
    since_boot = _span(moment.mono_us)
    if moment.boot == known.boot and since_boot is not None:
        counted = min(known.zero + since_boot, now)
        if moment.clock is Clock.KNOWN and wall is not None and abs(wall - counted) <= CLOSE:
            return min(wall, now), True
        return counted, True
    if moment.clock is Clock.KNOWN and wall is not None and wall <= now + FUTURE:
        return min(wall, now), True
    return now, False


def _span(microseconds: int) -> timedelta | None:
    """Return how long after its boot, or None for what no machine can have counted."""
    return timedelta(microseconds=microseconds) if 0 <= microseconds < _LONGEST_US else None


def _time(microseconds: int) -> datetime | None:
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None
