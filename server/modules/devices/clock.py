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


@dataclass(frozen=True, slots=True)
class BootClock:
    """When this boot's monotonic clock read zero, by the server's time."""

    boot: BootId
    zero: datetime


def measure(boot: BootId, mono_us: int, now: datetime) -> BootClock:
    """Return the boot's clock from one reading of it that has just arrived.

    The reading is as old as the message was under way: the error is that delay.
    """
    return BootClock(boot, now - timedelta(microseconds=mono_us))


def happened(moment: Moment, known: BootClock, now: datetime) -> tuple[datetime, bool]:
    """Return when it happened and whether that is certain.

    In the running boot the monotonic clock decides, whatever the wall clock said. A fact of an
    earlier boot is believed if its clock was known and is not ahead of ours. Otherwise all that is
    certain is that it has happened by now.
    """
    wall = _time(moment.wall_us)
    if moment.boot == known.boot:
        counted = min(known.zero + timedelta(microseconds=moment.mono_us), now)
        if moment.clock is Clock.KNOWN and wall is not None and abs(wall - counted) <= CLOSE:
            return min(wall, now), True
        return counted, True
    if moment.clock is Clock.KNOWN and wall is not None and wall <= now + FUTURE:
        return min(wall, now), True
    return now, False


def _time(microseconds: int) -> datetime | None:
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None
