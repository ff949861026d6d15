"""Getting facts out of a damaged queue file.

The table is walked from both ends; where that hits damage, the raw bytes are searched for whole
rows as well. That may find rows that were sent long ago: a repeat is harmless, since the server
answers it as it did the first time.
"""

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec

from contract.decoding import UNDECODABLE
from contract.ids import EventId
from contract.moment import Moment

_UNREAD, _READ = "salvaging", "damaged"
_ROW_START = re.compile(rb'\{"id":"[0-9a-f]{8}-[0-9a-f-]{27}","at":\{')
_LONGEST_ROW = 64 * 1024


class StoredRow(msgspec.Struct, frozen=True):
    """A fact as the queue keeps it. `body` stays raw: a newer release may have written it."""

    id: EventId
    at: Moment
    body: msgspec.Raw


def set_aside(path: Path, stamp: str) -> None:
    """Move a damaged database with its side files to a dated, unused name beside it.

    Until `salvaged` its name says that its rows have yet to be read, so that a power cut in between
    loses nothing.
    """
    number = 1
    while any(path.parent.glob(f"{path.stem}.*-{stamp}-{number}{path.suffix}*")):
        number += 1
    _move(path, path.with_name(f"{path.stem}.{_UNREAD}-{stamp}-{number}{path.suffix}"))


def unread(path: Path) -> list[Path]:
    """Return the files set aside from `path` whose rows have yet to be read."""
    found = path.parent.glob(f"{path.stem}.{_UNREAD}-*{path.suffix}*")
    return sorted({each.with_name(each.name.removesuffix("-wal")) for each in found})


def salvaged(aside: Path) -> None:
    """Give a file set aside its last name: its rows are safe elsewhere."""
    _move(aside, aside.with_name(aside.name.replace(f".{_UNREAD}-", f".{_READ}-")))


def count_set_aside(path: Path) -> int:
    """Return how many files lie set aside from `path`; an admin who has seen one removes it."""
    return sum(1 for _ in path.parent.glob(f"{path.stem}.{_READ}-*{path.suffix}"))


def _move(old: Path, new: Path) -> None:
    # The log first: a database that has lost its log would pass for whole.
    with contextlib.suppress(FileNotFoundError):
        Path(f"{old}-wal").rename(f"{new}-wal")
    Path(f"{old}-shm").unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        old.rename(new)


def salvage(path: Path) -> dict[EventId, bytes]:
    """Return the rows that can still be read from a damaged queue file, by id, oldest first."""
    found: dict[EventId, bytes] = {}
    whole = _from_table(path, found)
    if not whole:
        for ending in ("", "-wal"):
            with contextlib.suppress(OSError):
                for row in _from_bytes(Path(f"{path}{ending}").read_bytes()):
                    _keep(row, found)
    return {key: found[key] for key in sorted(found)}  # ids are UUIDv7: they sort by time


def _from_table(path: Path, found: dict[EventId, bytes]) -> bool:
    """Walk the table from both ends; say whether all of it could be read."""
    whole = True
    for order in ("ASC", "DESC"):
        try:
            uri = f"file:{quote(str(path))}?mode=ro"  # what is left stays as it was found
            with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
                for (row,) in connection.execute(f"SELECT row FROM fact ORDER BY seq {order}"):
                    whole = _keep(row, found) and whole
        except (sqlite3.Error, UnicodeDecodeError):
            whole = False
    return whole


def _keep(row: object, found: dict[EventId, bytes]) -> bool:
    if not isinstance(row, bytes):
        return False
    try:
        stored = msgspec.json.decode(row, type=StoredRow)
    except UNDECODABLE:
        return False
    found.setdefault(stored.id, row)
    return True


def _from_bytes(data: bytes) -> Iterator[bytes]:
    for match in _ROW_START.finditer(data):
        if (end := _object_end(data, match.start())) is not None:
            yield data[match.start() : end]


def _object_end(data: bytes, start: int) -> int | None:
    """Find where the JSON object that begins at `start` closes."""
    depth, quoted, position = 0, False, start
    limit = min(len(data), start + _LONGEST_ROW)
    while position < limit:
        byte = data[position]
        if quoted:
            if byte == ord("\\"):
                position += 1
            elif byte == ord('"'):
                quoted = False
        elif byte == ord('"'):
            quoted = True
        elif byte == ord("{"):
            depth += 1
        elif byte == ord("}"):
            depth -= 1
            if depth == 0:
                return position + 1
        position += 1
    return None
