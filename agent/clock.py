"""Time on a box without a clock battery.

Each fact carries the boot, the monotonic time and the wall time. Wall time is believed when the
kernel says that NTP keeps it, or when this boot's offset from monotonic time was learnt (from the
server's greeting, or from NTP later in the same boot). Facts noted before that are corrected when
they are sent.
"""

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contract.ids import BootId
from contract.moment import Clock, Moment

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
# A Pi without a battery starts at its last shutdown or at its image's date: nothing that was built
# in 2026 can have been tapped before.
EARLIEST_BELIEVABLE_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z

_STA_UNSYNC = 0x0040  # linux/timex.h
_TIME_ERROR = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """What this machine's clocks say at one instant, in microseconds."""

    mono_us: int
    wall_us: int
    synchronised: bool


def believable(wall_us: int) -> bool:
    """Say whether a wall time can be true at all."""
    return wall_us >= EARLIEST_BELIEVABLE_US


def moment_of(boot: BootId, reading: Reading, offset_us: int | None) -> Moment:
    """Turn a reading into a Moment; `offset_us` is this boot's learnt wall minus monotonic time."""
    if reading.synchronised and believable(reading.wall_us):
        return Moment(boot, reading.mono_us, reading.wall_us, Clock.KNOWN)
    return corrected(Moment(boot, reading.mono_us, reading.wall_us, Clock.UNKNOWN), offset_us)


def corrected(moment: Moment, offset_us: int | None) -> Moment:
    """Give an uncertain moment its true wall time; one that is known stays as it is."""
    if offset_us is None or moment.clock is Clock.KNOWN:
        return moment
    return Moment(moment.boot, moment.mono_us, moment.mono_us + offset_us, Clock.KNOWN)


def offset_from_greeting(sent_mono_us: int, heard_mono_us: int, server_us: int) -> int | None:
    """Estimate wall minus monotonic time from one exchange, or None when the server is lost too.

    The server looked at its clock some time between the two; the middle halves the worst error.
    """
    if not believable(server_us):
        return None
    return server_us - (sent_mono_us + heard_mono_us) // 2


def offset_from_reading(reading: Reading) -> int | None:
    """Return wall minus monotonic time where NTP keeps the wall clock, else None."""
    if reading.synchronised and believable(reading.wall_us):
        return reading.wall_us - reading.mono_us
    return None


class BootClock:
    """This machine's clocks during this boot; `offset_us` is set once it is learnt."""

    def __init__(self, boot: BootId, read: Callable[[], Reading]) -> None:
        self.boot = boot
        self.read = read
        self.offset_us: int | None = None

    def now(self) -> Moment:
        """Return the present moment."""
        return moment_of(self.boot, self.read(), self.offset_us)

    def at(self, mono_us: int) -> Moment:
        """Return the moment of a monotonic time of this boot, such as when a card was read."""
        reading = self.read()
        wall_us = reading.wall_us - (reading.mono_us - mono_us)
        return moment_of(self.boot, Reading(mono_us, wall_us, reading.synchronised), self.offset_us)


class _Timex(ctypes.Structure):
    """The head of `struct timex`, padded to more than the kernel writes; see adjtimex(2)."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 512),
    ]


def system_clock() -> BootClock:
    """Return the clock of this machine."""
    adjtimex = ctypes.CDLL(None).adjtimex

    def synchronised() -> bool:
        timex = _Timex()  # modes 0: only look
        answer = adjtimex(ctypes.byref(timex))
        return answer not in (-1, _TIME_ERROR) and not timex.status & _STA_UNSYNC

    def read() -> Reading:
        return Reading(
            mono_us=time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000,
            wall_us=time.time_ns() // 1_000,
            synchronised=synchronised(),
        )

    return BootClock(BootId(BOOT_ID_FILE.read_text().strip()), read)
