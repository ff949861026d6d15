"""One connection to pcscd: which readers are there, and the cards presented to them."""

import logging
import threading
from dataclasses import dataclass, replace

from agent.readers.atr import technology
from agent.readers.presentation import Sight, Slot, look
from agent.readers.reader import CardSeen, ReaderMessage, Sink, boot_micros
from agent.readers.teller import Teller
from agent.readers.winscard import (
    PNP,
    Code,
    Context,
    ReaderEvent,
    ScardError,
    State,
    Winscard,
)
from contract.cards import CardUid, InvalidUid, normalise_uid

log = logging.getLogger(__name__)

DRIVER = "pcsc"
# PC/SC part 3, "Get data": the UID; readers answer the IDm of a FeliCa card to it.
GET_UID = bytes.fromhex("FFCA000000")
SUCCESS = b"\x90\x00"
# The library tells what changes during a wait; a reader that comes between listing and waiting
# is found when the wait ends.
WAIT_MS = 4_000
READ_ATTEMPTS = 3
READ_PAUSE_SECONDS = 0.06
SETTLE_SECONDS = 0.1

_READER_GONE = frozenset({Code.UNKNOWN_READER, Code.READER_UNAVAILABLE})
_GONE = _READER_GONE | {Code.NO_SMARTCARD, Code.REMOVED_CARD}
_SERVICE_GONE = frozenset({Code.NO_SERVICE, Code.SERVICE_STOPPED, Code.INVALID_HANDLE})
_TROUBLES: dict[int, ReaderMessage] = {
    Code.SHARING_VIOLATION: ReaderMessage.CARD_IN_USE,
    Code.PROTO_MISMATCH: ReaderMessage.CARD_UNREADABLE,
    Code.UNSUPPORTED_CARD: ReaderMessage.CARD_UNREADABLE,
}


def reader_name(name: str) -> str:
    """Return our name of a reader that PC/SC calls so."""
    return f"{DRIVER}:{name}"


@dataclass(frozen=True, slots=True)
class CardRead:
    """The UID of a card, and when (CLOCK_BOOTTIME, microseconds) it had been read."""

    uid: CardUid
    mono_us: int


class PcscSession:
    """Watches readers over one context until it is lost (ScardError) or told to stop."""

    def __init__(self, scard: Winscard, slots: dict[str, Slot], teller: Teller, out: Sink) -> None:
        self._scard = scard
        self._slots = slots
        self._teller = teller
        self._out = out
        self._known: dict[str, int] = {}
        self.worked = False

    def run(self, context: Context, stop: threading.Event) -> None:
        """Deliver until `stop` is set and the wait is cancelled; raises ScardError."""
        self._list(context)
        plugged = len(self._known) << 16
        while not stop.is_set():
            known = [(PNP, plugged), *self._known.items()]
            try:
                events = self._scard.wait(context, WAIT_MS, known)
            except ScardError as error:
                if error.code == Code.CANCELLED:
                    continue
                if error.code != Code.TIMEOUT and error.code not in _READER_GONE:
                    raise
                stop.wait(SETTLE_SECONDS)
                self._list(context)
                continue
            for event in events:
                if event.reader != PNP:
                    self._changed(context, event, stop)
                elif State.CHANGED in event.state:
                    self._list(context)
                    plugged = event.count << 16

    def _list(self, context: Context) -> None:
        names = self._scard.readers(context)
        self.worked = True
        for gone in self._known.keys() - set(names):
            del self._known[gone]
            if gone in self._slots:
                self._slots[gone] = self._slots[gone].lost()
            log.info("reader unplugged: %s", gone)
        for gone in self._slots.keys() - set(names):
            self._teller.absent(reader_name(gone), ReaderMessage.UNPLUGGED)
        for name in names:
            self._known.setdefault(name, State.UNAWARE)
        if names:
            self._teller.ready(DRIVER)
        else:
            self._teller.absent(DRIVER, ReaderMessage.NO_READER)

    def _changed(self, context: Context, event: ReaderEvent, stop: threading.Event) -> None:
        if event.reader not in self._known:
            return
        if event.state & (State.UNKNOWN | State.UNAVAILABLE):
            # The wait would return at once with the same news until the list tells the same.
            stop.wait(SETTLE_SECONDS)
            self._list(context)
            return
        first = self._known[event.reader] == State.UNAWARE
        self._known[event.reader] = event.raw & ~State.CHANGED
        if first:
            self._teller.ready(reader_name(event.reader))
        before = self._slots.get(event.reader)
        present = State.PRESENT in event.state
        slot, sight = look(before, present=present, count=event.count, now_us=boot_micros())
        # Before the reading: pcscd may go away in the middle of it.
        self._slots[event.reader] = slot
        if sight is not Sight.NOTHING_NEW:
            known = before.missed if before is not None else None
            uid = self._meet(context, event, sight, known, stop)
            self._slots[event.reader] = replace(slot, uid=uid)

    def _meet(
        self,
        context: Context,
        event: ReaderEvent,
        sight: Sight,
        known: CardUid | None,
        stop: threading.Event,
    ) -> CardUid | None:
        """Read a card and deliver it if it was presented; return its UID."""
        name = reader_name(event.reader)
        read = self._read(context, event.reader, stop)
        if isinstance(read, ReaderMessage):
            if sight is not Sight.LYING_THERE:
                self._teller.card_trouble(name, read)
            return None
        if sight is Sight.PRESENTED or (sight is Sight.MAYBE_THE_SAME and read.uid != known):
            self._teller.ready(name)
            speaks = technology(event.atr, bytes.fromhex(read.uid))
            self._out.card(CardSeen(name, read.uid, speaks, read.mono_us))
        return read.uid

    def _read(
        self, context: Context, reader: str, stop: threading.Event
    ) -> CardRead | ReaderMessage:
        trouble = ReaderMessage.CARD_UNREADABLE
        for attempt in range(READ_ATTEMPTS):
            if attempt:
                stop.wait(READ_PAUSE_SECONDS)
            try:
                answer = self._scard.exchange(context, reader, GET_UID)
            except ScardError as error:
                log.debug("reading a card in %s: %s", reader, error)
                if error.code in _SERVICE_GONE:
                    raise
                # What is not named there is a card on its way out of the field, or not quite in.
                trouble = _TROUBLES.get(error.code, ReaderMessage.CARD_READ_TOO_EARLY)
                if error.code in _GONE:
                    return trouble
                continue
            mono_us = boot_micros()
            if answer.endswith(SUCCESS):
                try:
                    return CardRead(normalise_uid(answer[:-2].hex()), mono_us)
                except InvalidUid:
                    log.warning("a card in %s gave no usable UID: %s", reader, answer.hex())
            trouble = ReaderMessage.CARD_UNREADABLE
        return trouble
