"""The hash chain of the journal: each seal covers its entry and all seals before it. Pure."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Sealable(NamedTuple):
    """What the hash covers of an entry, in the order of the canonical JSON array."""

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


def microseconds(at: datetime) -> int:
    """Return Unix microseconds, exactly (floats would round)."""
    return (at - _UNIX_EPOCH) // _MICROSECOND


def genesis(epoch: str) -> bytes:
    """Return what stands before position 1: the SHA-256 of the first epoch's id."""
    return hashlib.sha256(epoch.encode()).digest()


def link(previous: bytes, entry: Sealable) -> bytes:
    """Return the entry's hash: SHA-256 of the previous hash and the entry as a JSON array.

    The array is compact UTF-8 without optional escapes, as msgspec writes it.
    """
    return hashlib.sha256(previous + msgspec.json.encode(tuple(entry))).digest()
