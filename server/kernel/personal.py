"""What a module holds on a person: it shows it, says what must stay and why, and forgets the rest.

The Act on the Protection of Personal Information (APPI): disclosure (art. 33), ceasing to use and
erasure (art. 35), erasure of what is needed no more (art. 22). docs/privacy.md says it for users.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from server.kernel.database import Connection
from server.kernel.journal import Entry

MASK = "***"
# Shorter texts, such as a short login, stand in rows and entries on other things as well.
TELLING = 6

Cell: TypeAlias = str | int | float | bool | None


class Dataset(msgspec.Struct, frozen=True):
    """Rows of one kind; `name` is `module.what`, its words are `privacy-set-<module>-<what>`."""

    name: str
    rows: list[dict[str, Cell]]


class Kept(msgspec.Struct, frozen=True):
    """What cannot be erased, now (`blocks`) or at all; the words are `privacy-keeps-<reason>`."""

    reason: str
    count: int
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class Erasure:
    """Whose data go, and what they are called from then on.

    `handles` are all texts by which rows and entries may name them: ids, cards, a login.
    """

    person: str
    handles: frozenset[str]
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Redacted:
    """What an entry says once it names nobody any more."""

    subject: str
    body: bytes


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What a module does about persons; each function works in its caller's transaction.

    `redact` is pure: it returns what the entry is to say, or None if it names nobody.
    """

    handles: Callable[[Connection, str], Awaitable[Sequence[str]]]
    export: Callable[[Connection, str], Awaitable[Sequence[Dataset]]]
    keeps: Callable[[Connection, str], Awaitable[Sequence[Kept]]]
    erase: Callable[[Connection, Erasure], Awaitable[None]]
    redact: Callable[[Entry, Erasure], Redacted | None]


def redacted(entry: Entry, subject: str, body: msgspec.Struct) -> Redacted | None:
    """Return the entry with this subject and body, or None if that changes nothing."""
    encoded = msgspec.json.encode(body)
    if subject == entry.subject and encoded == bytes(entry.body):
        return None
    return Redacted(subject, encoded)


def emptied(entry: Entry) -> Redacted | None:
    """Return the entry without what it says, or None if it says nothing."""
    return None if bytes(entry.body) == b"{}" else Redacted(entry.subject, b"{}")


def masked(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the same fields without what they said."""
    return {name: MASK if value else "" for name, value in fields.items()}


async def no_handles(_: Connection, __: str) -> Sequence[str]:
    """Name a person by nothing of one's own."""
    return ()
