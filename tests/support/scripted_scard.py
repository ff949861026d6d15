"""A stand-in for pyscard's low-level module, where readers are plugged and cards misbehave at will.

pcscd with a virtual reader cannot be unplugged, nor be made to share a card: this can. It keeps
to what pcsc-lite does: the upper half of a state counts events, a wait returns at a difference.
"""

import threading
from dataclasses import dataclass, field

PRESENT, EMPTY, CHANGED = 0x20, 0x10, 0x02
INUSE, UNPOWERED = 0x100, 0x400
PNP = "\\\\?PnP?\\Notification"
TIMEOUT, CANCELLED, UNKNOWN_READER, SHARING = 0x8010000A, 0x80100002, 0x80100009, 0x8010000B
NO_READERS, NO_SMARTCARD = 0x8010002E, 0x8010000C
ATR = list(bytes.fromhex("3B8F8001804F0CA000000306030001000000006A"))


@dataclass
class _Reader:
    uid: str | None = None
    flags: int = 0
    count: int = 0
    failures: list[int] = field(default_factory=list)

    @property
    def state(self) -> int:
        return self.count << 16 | (EMPTY if self.uid is None else PRESENT) | self.flags


class ScriptedScard:
    """Answers the driver's calls; the test's thread changes the world meanwhile."""

    SCARD_PCI_T0 = 1
    SCARD_PCI_T1 = 2

    def __init__(self, *names: str) -> None:
        self._change = threading.Condition()
        self._readers = {name: _Reader() for name in names}
        self._cancelled = False
        self.establish_answer = 0
        self._awaited: list[tuple[str, int]] = []
        self.reads = 0

    def plug(self, name: str) -> None:
        """A reader appears."""
        with self._change:
            self._readers[name] = _Reader()
            self._change.notify_all()

    def unplug(self, name: str) -> None:
        """A reader disappears."""
        with self._change:
            del self._readers[name]
            self._change.notify_all()

    def insert(self, name: str, uid: str, *failures: int) -> None:
        """A card is presented, in place of another if there is one; first reads fail so."""
        with self._change:
            reader = self._readers[name]
            reader.count += 1 if reader.uid is None else 2
            reader.uid, reader.flags, reader.failures = uid, 0, list(failures)
            self._change.notify_all()

    def remove(self, name: str) -> None:
        """The card is taken away."""
        with self._change:
            reader = self._readers[name]
            reader.uid, reader.flags, reader.count = None, 0, reader.count + 1
            self._change.notify_all()

    def flag(self, name: str, flags: int) -> None:
        """The card's state gets flags, without a new presentation; returns when that was seen."""
        with self._change:
            self._readers[name].flags = flags
            self._change.notify_all()
            state = self._readers[name].state
            assert self._change.wait_for(lambda: (name, state) in self._awaited, 10)

    def SCardEstablishContext(self, scope: int) -> tuple[int, int]:
        self._cancelled = False
        return self.establish_answer, 7

    def SCardReleaseContext(self, context: int) -> int:
        return 0

    def SCardCancel(self, context: int) -> int:
        with self._change:
            self._cancelled = True
            self._change.notify_all()
        return 0

    def SCardListReaders(self, context: int, groups: list[str]) -> tuple[int, list[str]]:
        with self._change:
            names = list(self._readers)
        return (0 if names else NO_READERS), names

    def SCardGetStatusChange(
        self, context: int, timeout_ms: int, states: list[tuple[str, int]]
    ) -> tuple[int, list[tuple[str, int, list[int]]]]:
        with self._change:
            self._awaited = [(name, known & ~CHANGED) for name, known in states]
            self._change.notify_all()
            at_first = set(self._readers)
            if not {name for name, _ in states} - {PNP} <= at_first:
                return UNKNOWN_READER, []

            def differs() -> bool:
                return (
                    self._cancelled
                    or set(self._readers) != at_first
                    or any(
                        name != PNP and self._readers[name].state != known for name, known in states
                    )
                )

            if not self._change.wait_for(differs, timeout_ms / 1000):
                return TIMEOUT, []
            if self._cancelled:
                return CANCELLED, []
            if not {name for name, _ in states} - {PNP} <= set(self._readers):
                return UNKNOWN_READER, []
            return 0, [self._event(name, known, at_first) for name, known in states]

    def _event(self, name: str, known: int, at_first: set[str]) -> tuple[str, int, list[int]]:
        if name == PNP:
            return name, CHANGED if set(self._readers) != at_first else 0, []
        state = self._readers[name].state
        return name, state | (CHANGED if state != known else 0), ATR

    def SCardConnect(
        self, context: int, reader: str, share: int, protocols: int
    ) -> tuple[int, int, int]:
        with self._change:
            self.reads += 1
            slot = self._readers.get(reader)
            if slot is None or slot.uid is None:
                return NO_SMARTCARD, 0, 0
            if slot.failures:
                return slot.failures.pop(0), 0, 0
            return 0, sorted(self._readers).index(reader), 2

    def SCardTransmit(self, card: int, pci: int, command: list[int]) -> tuple[int, list[int]]:
        with self._change:
            uid = self._readers[sorted(self._readers)[card]].uid
        return (0, [*bytes.fromhex(uid), 0x90, 0x00]) if uid else (NO_SMARTCARD, [])

    def SCardDisconnect(self, card: int, disposition: int) -> int:
        return 0
