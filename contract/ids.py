"""Identifiers: UUIDv7 text, made by whoever creates the row, offline or not."""

import os
import re
import threading
import time
import uuid
from typing import NewType

AgentId = NewType("AgentId", str)
BootId = NewType("BootId", str)
EventId = NewType("EventId", str)
ItemId = NewType("ItemId", str)
LoanId = NewType("LoanId", str)
PersonId = NewType("PersonId", str)
QueueEpoch = NewType("QueueEpoch", str)
JournalEpoch = NewType("JournalEpoch", str)

_SEQUENCE_BITS = 12


class Uuid7:
    """Makes UUIDv7s that grow even within one millisecond and when the clock steps back.

    RFC 9562, section 5.7, with the counter of section 6.2, method 1: `rand_a` counts within the
    millisecond; when it overflows, the millisecond is advanced.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> uuid.UUID:
        """Return the next id; safe to call from any thread."""
        with self._lock:
            tick = (time.time_ns() // 1_000_000) << _SEQUENCE_BITS
            self._last = max(tick, self._last + 1)
            ticks = self._last
        milliseconds, counter = ticks >> _SEQUENCE_BITS, ticks & 0xFFF
        tail = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
        return uuid.UUID(
            int=(milliseconds & ((1 << 48) - 1)) << 80 | 7 << 76 | counter << 64 | 2 << 62 | tail
        )


_next = Uuid7()
# Ids are compared as text. Python's UUID() takes many spellings, and some that PostgreSQL does not.
_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_id() -> str:
    """Return a fresh UUIDv7 in its usual text form."""
    return str(_next())


def is_id(text: str) -> bool:
    """Say whether this is a UUID of any version, spelt as RFC 9562, section 4, writes it."""
    return _TEXT.fullmatch(text) is not None
