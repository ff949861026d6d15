"""The few PC/SC calls that the driver needs, typed, over pyscard's low-level module.

Only `smartcard.scard` is used: pyscard's own monitors die for good when pcscd restarts.
Codes and flags are those of winscard.h, the same in pcsc-lite.
"""

import enum
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NewType, Protocol, cast

Context = NewType("Context", int)
PNP = "\\\\?PnP?\\Notification"

_SCOPE_SYSTEM = 2
_SHARE_SHARED = 2
_LEAVE_CARD = 0
_T0, _T1 = 1, 2
# A plain number: ~State.CHANGED would drop the bits that State does not name, the count too.
_CHANGED = 0x0002


class Code(enum.IntEnum):
    """Return codes that the driver tells apart."""

    CANCELLED = 0x80100002
    INVALID_HANDLE = 0x80100003
    UNKNOWN_READER = 0x80100009
    TIMEOUT = 0x8010000A
    SHARING_VIOLATION = 0x8010000B
    NO_SMARTCARD = 0x8010000C
    PROTO_MISMATCH = 0x8010000F
    READER_UNAVAILABLE = 0x80100017
    NO_SERVICE = 0x8010001D
    SERVICE_STOPPED = 0x8010001E
    NO_READERS_AVAILABLE = 0x8010002E
    UNSUPPORTED_CARD = 0x80100065
    REMOVED_CARD = 0x80100069
    SECURITY_VIOLATION = 0x8010006A


class State(enum.IntFlag):
    """The lower half of a reader's event state."""

    UNAWARE = 0x0000
    CHANGED = 0x0002
    UNKNOWN = 0x0004
    UNAVAILABLE = 0x0008
    EMPTY = 0x0010
    PRESENT = 0x0020
    EXCLUSIVE = 0x0080
    INUSE = 0x0100
    MUTE = 0x0200
    UNPOWERED = 0x0400


class ScardError(Exception):
    """A PC/SC call failed with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"PC/SC error 0x{code:08X}")
        self.code = code


@dataclass(frozen=True, slots=True)
class ReaderEvent:
    """One reader's state as the resource manager tells it.

    `known` is to be given back in the next wait; `count` counts insertions and removals (16 bits).
    """

    reader: str
    known: int
    state: State
    count: int
    atr: bytes


class _Scard(Protocol):
    SCARD_PCI_T0: int
    SCARD_PCI_T1: int

    def SCardEstablishContext(self, scope: int, /) -> tuple[int, int]: ...  # noqa: N802
    def SCardReleaseContext(self, context: int, /) -> int: ...  # noqa: N802
    def SCardCancel(self, context: int, /) -> int: ...  # noqa: N802
    def SCardListReaders(  # noqa: N802
        self, context: int, groups: list[str], /
    ) -> tuple[int, list[str]]: ...
    def SCardGetStatusChange(  # noqa: N802
        self, context: int, timeout_ms: int, states: list[tuple[str, int]], /
    ) -> tuple[int, list[tuple[str, int, list[int]]]]: ...
    def SCardConnect(  # noqa: N802
        self, context: int, reader: str, share: int, protocols: int, /
    ) -> tuple[int, int, int]: ...
    def SCardDisconnect(self, card: int, disposition: int, /) -> int: ...  # noqa: N802
    def SCardTransmit(  # noqa: N802
        self, card: int, pci: int, command: list[int], /
    ) -> tuple[int, list[int]]: ...


def _check(code: int) -> None:
    # Some builds hand out the code as a negative 32-bit number.
    if code & 0xFFFFFFFF:
        raise ScardError(code & 0xFFFFFFFF)


class Winscard:
    """PC/SC calls; each raises ScardError with the code when it fails."""

    def __init__(self, scard: object) -> None:
        self._scard = cast("_Scard", scard)

    def establish(self) -> Context:
        """Connect to the resource manager; its socket starts it where systemd is there."""
        code, context = self._scard.SCardEstablishContext(_SCOPE_SYSTEM)
        _check(code)
        return Context(context)

    def release(self, context: Context) -> None:
        """Give a context back."""
        _check(self._scard.SCardReleaseContext(context))

    def cancel(self, context: Context) -> None:
        """Wake a wait on this context; from another thread."""
        _check(self._scard.SCardCancel(context))

    def readers(self, context: Context) -> list[str]:
        """List the readers that are there now."""
        code, names = self._scard.SCardListReaders(context, [])
        if code & 0xFFFFFFFF == Code.NO_READERS_AVAILABLE:
            return []
        _check(code)
        return list(names)

    def wait(
        self, context: Context, timeout_ms: int, known: Sequence[tuple[str, int]]
    ) -> list[ReaderEvent]:
        """Block until a reader's state differs from the one known; TIMEOUT is an error too."""
        code, states = self._scard.SCardGetStatusChange(context, timeout_ms, list(known))
        _check(code)
        return [
            ReaderEvent(name, raw & ~_CHANGED, State(raw & 0x07FF), raw >> 16 & 0xFFFF, bytes(atr))
            for name, raw, atr in states
        ]

    def exchange(self, context: Context, reader: str, command: bytes) -> bytes:
        """Send one command to the card in the reader, shared with other programs."""
        code, card, protocol = self._scard.SCardConnect(context, reader, _SHARE_SHARED, _T0 | _T1)
        _check(code)
        try:
            pci = self._scard.SCARD_PCI_T0 if protocol == _T0 else self._scard.SCARD_PCI_T1
            code, answer = self._scard.SCardTransmit(card, pci, list(command))
            _check(code)
            return bytes(answer)
        finally:
            self._scard.SCardDisconnect(card, _LEAVE_CARD)


def load() -> Winscard:
    """Load pyscard; raises ImportError where it, or libpcsclite, is missing."""
    return Winscard(importlib.import_module("smartcard.scard"))
