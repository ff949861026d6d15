"""Reads what `recorder.c` has written."""

import struct
from dataclasses import dataclass
from enum import StrEnum

MAGIC = b"\x93GENBA\r\n"
_HEADER = struct.Struct("=8sIIqqHHc3x")  # struct header in trace.c


class Kind(StrEnum):
    """The operations; `first` and `second` mean what stands behind each."""

    OPEN = "O"  # flags, mode
    WRITE = "W"  # offset or -1 for the end, 1 if it is durable when it returns
    RESIZE = "T"  # size
    ALLOCATE = "A"  # least size
    RENAME = "R"
    LINK = "L"
    UNLINK = "U"
    MKDIR = "M"  # -, mode
    RMDIR = "K"
    SYNC = "S"  # 1 for fdatasync
    SYNC_ALL = "Y"
    DONE = "D"  # what this thread last began to sync is durable
    FAILED = "F"  # bytes of this thread's last operation that were done, or -1


@dataclass(slots=True)
class Record:
    """One operation; it counts at a power loss at `end` or later."""

    end: int
    kind: Kind
    thread: int
    first: int
    second: int
    path: str
    other: str
    data: bytes


def read(trace: bytes) -> list[Record]:
    """Return the operations in order, without those that failed."""
    found: list[Record | None] = []
    last: dict[int, int] = {}
    for record in _records(trace):
        if record.kind is Kind.FAILED:
            index = last.get(record.thread)
            failed = None if index is None else found[index]
            if index is not None and failed is not None:
                failed.data = failed.data[: max(record.first, 0)]
                if record.first <= 0:
                    found[index] = None
            continue
        if record.kind is not Kind.DONE:
            last[record.thread] = len(found)
        found.append(record)
    return [record for record in found if record is not None]


def _records(trace: bytes) -> list[Record]:
    found: list[Record] = []
    at = trace.find(MAGIC)
    while at >= 0 and at + _HEADER.size <= len(trace):
        _, size, thread, first, second, path, other, kind = _HEADER.unpack_from(trace, at)
        end = at + size
        again = trace.find(MAGIC, at + len(MAGIC), end)
        if again >= 0 or end > len(trace):
            # Its program was killed in the middle of writing it: the operation never began.
            at = again
            continue
        text, data = at + _HEADER.size, at + _HEADER.size + path + other
        names = trace[text : text + path].decode(), trace[text + path : data].decode()
        found.append(
            Record(end, Kind(kind.decode()), thread, first, second, *names, trace[data:end])
        )
        at = end if end < len(trace) else -1
    return found
