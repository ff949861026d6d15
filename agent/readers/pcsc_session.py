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
# "Function not supported", "instruction not supported", "class not supported": trying again is
# useless. Anything else, such as 63 00 or no answer at all, may be a card at the field's edge.
REFUSALS = (b"\x6a\x81", b"\x6d\x00", b"\x6e\x00")
# The library tells what changes during a wait; a reader that comes between listing and waiting
# is found when the wait ends.
WAIT_MS = 4_000
# While a card lies there unread it is tried again, for 3 s in all; the wait stays interruptible.
READ_AGAIN_MS = 100
READ_TRIES = 30
SETTLE_SECONDS = 0.1

_READER_GONE = frozenset({Code.UNKNOWN_READER, Code.READER_UNAVAILABLE})
_SERVICE_GONE = frozenset({Code.NO_SERVICE, Code.SERVICE_STOPPED, Code.INVALID_HANDLE})
# What is said of a card that stays unread, where it is not simply unreadable.
TROUBLES: dict[int, ReaderMessage] = {
    Code.SHARING_VIOLATION: ReaderMessage.CARD_IN_USE,
    Code.SECURITY_VIOLATION: ReaderMessage.PERMISSION_DENIED,
}


def reader_name(name: str) -> str:
    """Return our name of a reader that PC/SC calls so."""
    return f"{DRIVER}:{name}"


@dataclass(frozen=True, slots=True)
class Unread:
    """A card that is there but has not given its UID yet; `missed` may lie there since before."""

    sight: Sight
    atr: bytes
    missed: CardUid | None
    tries: int = 0


class PcscSession:
    """Watches readers over one context until it is lost (ScardError) or told to stop."""

    def __init__(self, scard: Winscard, slots: dict[str, Slot], teller: Teller, out: Sink) -> None:
        self._scard = scard
        self._slots = slots
        self._teller = teller
        self._out = out
        self._known: dict[str, int] = {}
        self._unread: dict[str, Unread] = {}
        self.worked = False

    def run(self, context: Context, stop: threading.Event) -> None:
        """Deliver until `stop` is set and the wait is cancelled; raises ScardError."""
        self._list(context)
        plugged = len(self._known) << 16
        while not stop.is_set():
            known = [(PNP, plugged), *self._known.items()]
            try:
                timeout_ms = READ_AGAIN_MS if self._unread else WAIT_MS
                events = self._scard.wait(context, timeout_ms, known)
            except ScardError as error:
                if error.code == Code.TIMEOUT and self._unread:
                    self._read_again(context)
                elif error.code == Code.TIMEOUT:
                    self._list(context)
                elif error.code in _READER_GONE:
                    stop.wait(SETTLE_SECONDS)
                    self._list(context)
                elif error.code != Code.CANCELLED:
                    raise
                continue
            for event in events:
                if event.reader == PNP and State.CHANGED in event.state:
                    self._list(context)
                    plugged = event.count << 16
                elif event.reader in self._known:
                    self._changed(context, event, stop)

    def _list(self, context: Context) -> None:
        names = self._scard.readers(context)
        self.worked = True
        for gone in self._known.keys() - set(names):
            del self._known[gone]
            self._unread.pop(gone, None)
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
        name = event.reader
        if event.state & (State.UNKNOWN | State.UNAVAILABLE):
            # The wait would return at once with the same news until the list tells the same.
            stop.wait(SETTLE_SECONDS)
            self._list(context)
            return
        first = self._known[name] == State.UNAWARE
        self._known[name] = event.known
        before = self._slots.get(name)
        present = State.PRESENT in event.state
        slot, sight = look(before, present=present, count=event.count, now_us=boot_micros())
        # Before the reading: pcscd may go away in the middle of it.
        self._slots[name] = slot
        if not present:
            self._left(name)
        elif sight is not Sight.NOTHING_NEW:
            self._unread[name] = Unread(sight, event.atr, before.missed if before else None)
            if before is not None:
                # What was said of the card before ends here, so that the same trouble is news.
                self._teller.ready(reader_name(name))
            self._read(context, name)
        if first:
            # Last: a card that lies there has been looked at, so the next one is a tap.
            self._teller.ready(reader_name(name))

    def _left(self, name: str) -> None:
        unread = self._unread.pop(name, None)
        if unread is not None and unread.sight is not Sight.LYING_THERE:
            self._teller.card_trouble(reader_name(name), ReaderMessage.CARD_READ_TOO_EARLY)

    def _read_again(self, context: Context) -> None:
        for name in tuple(self._unread):
            self._read(context, name)

    def _read(self, context: Context, name: str) -> None:
        """Try once to read the card; it stays unread if it may still answer later."""
        unread = replace(self._unread[name], tries=self._unread[name].tries + 1)
        self._unread[name] = unread
        why = ReaderMessage.CARD_UNREADABLE
        try:
            answer = self._scard.exchange(context, name, GET_UID)
        except ScardError as error:
            log.debug("reading a card in %s: %s", name, error)
            if error.code in _SERVICE_GONE:
                raise
            answer = b""
            why = TROUBLES.get(error.code, why)
        mono_us = boot_micros()
        if answer[-2:] == SUCCESS:
            try:
                self._deliver(name, unread, normalise_uid(answer[:-2].hex()), mono_us)
                return
            except InvalidUid:
                log.warning("a card in %s gave no usable UID: %s", name, answer.hex())
                self._give_up(name, unread, why)
                return
        if answer[-2:] in REFUSALS or unread.tries >= READ_TRIES:
            self._give_up(name, unread, why)

    def _deliver(self, name: str, unread: Unread, uid: CardUid, mono_us: int) -> None:
        del self._unread[name]
        self._slots[name] = replace(self._slots[name], uid=uid)
        stayed = unread.sight is Sight.MAYBE_THE_SAME and uid == unread.missed
        if not stayed and unread.sight is not Sight.LYING_THERE:
            self._teller.ready(reader_name(name))
            speaks = technology(unread.atr, bytes.fromhex(uid))
            self._out.card(CardSeen(reader_name(name), uid, speaks, mono_us))

    def _give_up(self, name: str, unread: Unread, why: ReaderMessage) -> None:
        del self._unread[name]
        if unread.sight is not Sight.LYING_THERE:
            self._teller.card_trouble(reader_name(name), why)
