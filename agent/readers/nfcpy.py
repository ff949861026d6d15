"""Readers that nfcpy drives itself over USB (the RC-S380 class), one thread a reader.

nfcpy has no event for a card: it is asked again and again. One round of the technologies takes
an RC-S380 about a tenth of a second, then the field rests, so a card shows within 250 ms.
"""

import errno
import importlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Protocol, cast

from agent.readers.presentation import InField, nothing_sensed, sensed
from agent.readers.reader import CardSeen, ReaderMessage, Sink, boot_micros
from agent.readers.teller import Teller
from agent.readers.thread_watch import watch_in_thread
from contract.cards import CardUid, InvalidUid, Technology, normalise_uid

log = logging.getLogger(__name__)

DRIVER = "nfcpy"
REST_SECONDS = 0.1
FIRST_RETRY_SECONDS = 0.3
LAST_RETRY_SECONDS = 2.0
# Bit rate and technology, as nfcpy writes them; the most common cards in Japan first or second.
BIT_RATES = ("106A", "212F", "106B", "424F")


class Target(Protocol):
    """nfcpy's RemoteTarget: the answers of a card, None where it speaks something else."""

    brty: str
    sdd_res: bytearray | None
    rid_res: bytearray | None
    sensb_res: bytearray | None
    sensf_res: bytearray | None


class Frontend(Protocol):
    """What we use of nfcpy's ContactlessFrontend."""

    def sense(self, *targets: Target) -> Target | None:
        """Ask once for these; raises OSError when the reader is gone."""
        ...

    def close(self) -> None:
        """Let go of the reader."""
        ...


class Nfc(Protocol):
    """What we use of the modules nfc and nfc.clf."""

    UnsupportedTargetError: type[Exception]

    def ContactlessFrontend(self, path: str) -> Frontend:  # noqa: N802
        """Open a reader; raises OSError."""
        ...

    def RemoteTarget(self, brty: str) -> Target:  # noqa: N802
        """Name a bit rate and technology to ask for."""
        ...


def load_nfcpy() -> Nfc:
    """Load nfcpy; raises ImportError where it, or libusb, is missing."""
    return cast("Nfc", importlib.import_module("nfc.clf"))


class NfcpyDriver:
    """Watches one reader, given by nfcpy's path: `usb:054c:06c3`, `usb:001:005`, `udp:host:1`."""

    def __init__(self, path: str, load: Callable[[], Nfc] | None = None) -> None:
        self._path = path
        self._load = load or load_nfcpy

    @property
    def name(self) -> str:
        """Return the driver's name; the same for each of its readers."""
        return DRIVER

    @property
    def reader(self) -> str:
        """Return the reader's stable name."""
        return f"{DRIVER}:{self._path}"

    async def run(self, sink: Sink) -> None:
        """Deliver cards and statuses until cancelled; see ReaderDriver."""
        await watch_in_thread(DRIVER, self._watch, sink)

    def _watch(self, out: Sink, stop: threading.Event) -> None:
        teller = Teller(DRIVER, out)
        try:
            nfc = self._load()
        except ImportError as error:
            log.warning("nfcpy cannot be loaded: %s", error)
            teller.unavailable(self.reader, ReaderMessage.DRIVER_MISSING)
            stop.wait()
            return
        rounds = _Rounds(self.reader, nfc, teller, out)
        delay = FIRST_RETRY_SECONDS
        while not stop.is_set():
            try:
                with closing(nfc.ContactlessFrontend(self._path)) as frontend:
                    delay = FIRST_RETRY_SECONDS
                    rounds.run(frontend, stop)
            except OSError as error:
                if self._tell_trouble(teller, error, was_there=rounds.looked):
                    log.warning("%s: %s; trying again until it works", self.reader, error)
            stop.wait(delay)
            delay = min(delay * 2, LAST_RETRY_SECONDS)

    def _tell_trouble(self, teller: Teller, error: OSError, *, was_there: bool) -> bool:
        if error.errno in (errno.EACCES, errno.EPERM):
            return teller.unavailable(self.reader, ReaderMessage.PERMISSION_DENIED)
        if error.errno == errno.EBUSY:
            return teller.unavailable(self.reader, ReaderMessage.DEVICE_BUSY)
        gone = ReaderMessage.UNPLUGGED if was_there else ReaderMessage.NO_READER
        return teller.absent(self.reader, gone)


class _Rounds:
    """Asks for cards over and over; remembers the card in the field while the reader is away."""

    def __init__(self, reader: str, nfc: Nfc, teller: Teller, out: Sink) -> None:
        self._reader = reader
        self._nfc = nfc
        self._teller = teller
        self._out = out
        self._field: InField | None = None
        self.looked = False

    def run(self, frontend: Frontend, stop: threading.Event) -> None:
        """Ask until told to stop; raises OSError when the reader is gone."""
        bit_rates = list(BIT_RATES)
        while not stop.is_set():
            found = self._sense(frontend, bit_rates, stop)
            self._take(found, boot_micros())
            # Only now: a card that lies there when the reader is first seen is no tap.
            self.looked = True
            self._teller.ready(self._reader)
            stop.wait(REST_SECONDS)

    def _take(self, found: tuple[CardUid, Technology] | None, now_us: int) -> None:
        if found is None:
            self._field = nothing_sensed(self._field, now_us)
            return
        uid, speaks = found
        self._field, anew = sensed(self._field, uid, speaks, now_us)
        if anew and self.looked:
            self._out.card(CardSeen(self._reader, uid, speaks, now_us))

    def _sense(
        self, frontend: Frontend, bit_rates: list[str], stop: threading.Event
    ) -> tuple[CardUid, Technology] | None:
        """Ask for each technology, one call each, so that a stop need not wait for all."""
        for bit_rate in tuple(bit_rates):
            if stop.is_set():
                return None
            try:
                target = frontend.sense(self._nfc.RemoteTarget(bit_rate))
            except self._nfc.UnsupportedTargetError:
                bit_rates.remove(bit_rate)
                continue
            if target is not None and (card := card_of(target)) is not None:
                return card
        return None


def card_of(target: Target) -> tuple[CardUid, Technology] | None:
    """Return UID and technology of a card that answered, or None if it gave no usable UID."""
    for technology, number in _numbers(target):
        try:
            return normalise_uid(number.hex()), technology
        except InvalidUid:
            continue
    return None


def _numbers(target: Target) -> Iterator[tuple[Technology, bytes]]:
    if target.sdd_res:
        yield Technology.ISO14443A, bytes(target.sdd_res)
    if target.rid_res:
        # Type 1 tags have no anticollision: RID gives two header bytes and the lower UID bytes.
        yield Technology.ISO14443A, bytes(target.rid_res[2:6])
    if target.sensb_res:
        yield Technology.ISO14443B, bytes(target.sensb_res[1:5])
    if target.sensf_res:
        yield Technology.FELICA, bytes(target.sensf_res[1:9])
