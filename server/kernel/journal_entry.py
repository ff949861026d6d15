"""The words of the journal: what is written, what is read back, what reacts to it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from contract.ids import JournalEpoch
from server.kernel.database import Connection


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What a module wants written. `body` is JSON; `kind` is `module.what_happened`."""

    actor: str
    module: str
    kind: str
    subject: str
    body: bytes
    device: str | None = None


class Entry(msgspec.Struct, frozen=True):
    """A sealed entry: `position` is dense from 1, `at` is when the server wrote it (UTC).

    `address` is the IP address that the request came from, if it was one.
    """

    position: int
    epoch: JournalEpoch
    id: str
    at: datetime
    actor: str
    device: str | None
    address: str | None
    module: str
    kind: str
    subject: str
    body: msgspec.Raw


class AuditEntry(Entry, frozen=True):
    """An entry with its place in the chain: the SHA-256, in hex, of it and all before it."""

    hash: str


@dataclass(frozen=True, slots=True)
class Found:
    """Entries that a search found, newest first. `next`: go on before this position, None at the
    end; there may be more of them even where a page is not full."""

    entries: Sequence[AuditEntry]
    next: int | None


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the sealed journal; `position` 0 means that it is empty."""

    epoch: JournalEpoch
    position: int


@dataclass(frozen=True, slots=True)
class Reaction:
    """Work that follows from entries of these kinds, done once for each, in order.

    `handle` runs in the transaction that moves the reaction's cursor, so it must do nothing but
    SQL. When it raises, it is tried again, later, from the same entry. A new reaction begins at
    the beginning of the journal.
    """

    name: str
    kinds: frozenset[str]
    handle: Callable[[Connection, Entry], Awaitable[None]]


class JournalRewound(Exception):
    """The database was exchanged for an older copy: positions told since then are void."""
