"""What every reader driver offers: cards that were seen, and how each reader is doing."""

import enum
import time
from dataclasses import dataclass
from typing import Protocol

from contract.cards import CardUid, Technology


class ReaderState(enum.StrEnum):
    """Whether a card presented now would be noticed."""

    READY = "ready"
    ABSENT = "absent"
    UNAVAILABLE = "unavailable"


class ReaderMessage(enum.StrEnum):
    """Why a reader is in its state; stable codes, turned into words by the kiosk."""

    READY = "ready"
    NO_READER = "no_reader"
    UNPLUGGED = "unplugged"
    PCSCD_UNREACHABLE = "pcscd_unreachable"
    PERMISSION_DENIED = "permission_denied"
    DEVICE_BUSY = "device_busy"
    DRIVER_MISSING = "driver_missing"
    DRIVER_FAILED = "driver_failed"
    STOPPED = "stopped"
    # The reader works, but the last card did not yield a UID:
    CARD_READ_TOO_EARLY = "card_read_too_early"
    CARD_UNREADABLE = "card_unreadable"
    CARD_IN_USE = "card_in_use"


@dataclass(frozen=True, slots=True)
class CardSeen:
    """One presentation of a card to a reader.

    `mono_us` is CLOCK_BOOTTIME in microseconds at the moment the UID had been read.
    """

    reader: str
    uid: CardUid
    technology: Technology
    mono_us: int


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """How a reader is doing.

    A status whose `reader` equals `driver` speaks of the driver as a whole.
    """

    reader: str
    driver: str
    state: ReaderState
    message: ReaderMessage


class Sink(Protocol):
    """Where drivers deliver; both calls come on the event loop's thread and must not block."""

    def card(self, seen: CardSeen) -> None:
        """Take one presentation of a card."""
        ...

    def status(self, status: ReaderStatus) -> None:
        """Take a changed status of a reader or a driver."""
        ...


class ReaderDriver(Protocol):
    """Watches the readers of one kind."""

    @property
    def name(self) -> str:
        """The driver's stable name; the first part of its readers' names."""
        ...

    async def run(self, sink: Sink) -> None:
        """Deliver cards and statuses until cancelled.

        Never raises for trouble with hardware, services or libraries: that becomes a status, and
        the driver is back within 5 s of the trouble's end by itself.
        """
        ...


def boot_micros() -> int:
    """Return the microseconds since boot, suspend included; where unknown, monotonic time."""
    try:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
    except (AttributeError, OSError):
        return time.monotonic_ns() // 1000
