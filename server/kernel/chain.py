"""The hash chain of the journal: each seal covers its entry and all seals before it. Pure."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


# The form in which entries are sealed now; seals of older forms stay valid (journal.seal.form).
FORM = 2
# So that no entry of one form has the hash of another entry in the other form.
_FORM_2 = b"genba journal 2\n"


class Sealable(NamedTuple):
    """What the hash of form 1 covers of an entry, in the order of the canonical JSON array."""

    position: int
    epoch: str
    id: str
    at_us: int
    actor: str
    device: str | None
    module: str
    kind: str
    subject: str
    body: str


class SealableNow(NamedTuple):
    """What the hash of form 2 covers, in the order of the canonical JSON array: every column."""

    position: int
    epoch: str
    id: str
    at_us: int
    seq: int
    origin: int
    xid: int
    actor: str
    device: str | None
    address: str | None
    module: str
    kind: str
    subject: str
    body: str


def microseconds(at: datetime) -> int:
    """Return Unix microseconds, exactly (floats would round)."""
    return (at - _UNIX_EPOCH) // _MICROSECOND


def genesis(epoch: str) -> bytes:
    """Return what stands before position 1: the SHA-256 of the first epoch's id."""
    return hashlib.sha256(epoch.encode()).digest()


def link(previous: bytes, entry: Sealable | SealableNow) -> bytes:
    """Return the entry's hash: SHA-256 of the previous hash and the entry as a JSON array.

    The array is compact UTF-8 without optional escapes, as msgspec writes it. In form 2 the text
    `genba journal 2` and a line feed stand before the previous hash.
    """
    form = _FORM_2 if isinstance(entry, SealableNow) else b""
    return hashlib.sha256(form + previous + msgspec.json.encode(tuple(entry))).digest()
