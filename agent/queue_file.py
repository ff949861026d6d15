"""The queue's SQLite file: synchronous, for one thread. `agent.outbox` gives it that thread.

Durability: WAL with synchronous=FULL, so a commit has been fsynced when it returns; only a deletion
is not, since a row that comes back is sent again and answered as before. A fact costs one small
page of WAL: the table has no second index, and the queue's highest number is written only when rows
are deleted (until then the rows themselves tell it).
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import msgspec

from agent.salvage import StoredRow, count_set_aside, salvage, salvaged, set_aside, unread
from contract.ids import BootId, EventId, QueueEpoch

log = logging.getLogger(__name__)

# Room for two facts. A commit writes whole pages, and a queue is mostly empty.
PAGE_BYTES = 1024
CHECKPOINT_PAGES = 256
MAX_WAL_BYTES = 4 << 20
MAX_BOOTS = 64

_INSERT = "INSERT INTO fact (seq, row) VALUES (?, ?)"
_ID_FROM = len('{"id":"') + 1  # where a row's id stands; SQLite counts from 1

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # Facts that wait for the server's answer.
        "CREATE TABLE fact (seq INTEGER PRIMARY KEY, row BLOB NOT NULL)",
        # One row: the epoch, and the highest number of any deleted row.
        "CREATE TABLE queue (epoch TEXT NOT NULL, floor INTEGER NOT NULL)",
        # What was learnt of each boot: wall minus monotonic time in microseconds.
        "CREATE TABLE boot"
        " (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, offset_us INTEGER NOT NULL)",
    ),
)


class QueueNewer(Exception):
    """The queue file was written by a newer release; it is left untouched."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A row with its present number."""

    seq: int
    row: StoredRow


class QueueFile:
    """The opened file; raises sqlite3.Error where the disk refuses."""

    def __init__(self, path: Path) -> None:
        """Open, create or repair the queue at `path`.

        A damaged file is set aside beside it, what can be read moves into a new queue with a new
        epoch, and `set_aside` counts it until someone removes it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = _open_whole(path) or _begin_again(path)
        for aside in unread(path):
            self._take_back(salvage(aside))
            salvaged(aside)
        self.set_aside = count_set_aside(path)
        row = self._connection.execute("SELECT epoch, floor FROM queue").fetchone()
        self.epoch = QueueEpoch(row[0])
        (top,) = self._connection.execute("SELECT max(seq) FROM fact").fetchone()
        self._floor: int = row[1]
        self._last: int = max(self._floor, top or 0)
        self.count: int
        (self.count,) = self._connection.execute("SELECT count(*) FROM fact").fetchone()

    def _take_back(self, rows: dict[EventId, bytes]) -> None:
        """Put salvaged rows into the queue, but none twice."""
        held = self._connection.execute("SELECT row FROM fact")
        here = {msgspec.json.decode(row, type=StoredRow).id for (row,) in held}
        fresh = [(row,) for event, row in rows.items() if event not in here]
        with _Transaction(self._connection):
            self._connection.executemany("INSERT INTO fact (row) VALUES (?)", fresh)

    def append(self, rows: Sequence[bytes]) -> int:
        """Write rows durably, all or none; return the number of the first."""
        first = self._last + 1
        if len(rows) == 1:  # a statement by itself is a transaction
            self._connection.execute(_INSERT, (first, rows[0]))
        else:
            with _Transaction(self._connection):
                self._connection.executemany(_INSERT, enumerate(rows, first))
        self._last += len(rows)
        self.count += len(rows)
        return first

    def read(self, after: int, limit: int) -> list[Stored]:
        """Return up to `limit` rows above the number `after`, in order."""
        found = self._connection.execute(
            "SELECT seq, row FROM fact WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        )
        return [Stored(seq, msgspec.json.decode(row, type=StoredRow)) for seq, row in found]

    def delete(self, rows: Iterable[tuple[int, EventId]]) -> int:
        """Delete rows that the server has; number and id must both match. Return how many.

        A power cut may bring them back.
        """
        deleted, highest = 0, self._floor
        with _unsynced(self._connection), _Transaction(self._connection):
            for seq, event in rows:
                deleted += self._connection.execute(
                    "DELETE FROM fact WHERE seq = ? AND substr(row, ?, ?) = ?",
                    (seq, _ID_FROM, len(event), event.encode()),
                ).rowcount
                highest = max(highest, seq)
            # Only a number that was given out can be a floor; another epoch's row may exceed it.
            highest = min(highest, self._last)
            if highest > self._floor:
                self._connection.execute("UPDATE queue SET floor = ?", (highest,))
        self._floor = highest
        self.count -= deleted
        if self.count == 0 and deleted:
            self._give_back_space()
        return deleted

    def _give_back_space(self) -> None:
        """Shrink the file after a long absence of the server; a few free pages are used again."""
        (free,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        if free > CHECKPOINT_PAGES:
            # As a script: `execute` takes one step of it, which gives back one page.
            self._connection.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint")

    def begin_epoch(self) -> QueueEpoch:
        """Number the waiting rows anew from 1 under a new epoch; their ids stay."""
        epoch = QueueEpoch(str(uuid4()))
        with _Transaction(self._connection):
            old = [seq for (seq,) in self._connection.execute("SELECT seq FROM fact ORDER BY seq")]
            # Ascending, a row only ever moves down into a number that is already free.
            self._connection.executemany(
                "UPDATE fact SET seq = ? WHERE seq = ?", list(enumerate(old, 1))
            )
            self._connection.execute("UPDATE queue SET epoch = ?, floor = 0", (epoch,))
        self.epoch, self._floor, self._last = epoch, 0, len(old)
        return epoch

    def learn_offset(self, boot: BootId, offset_us: int) -> None:
        """Keep a boot's offset, and those of the boots before it up to a bound."""
        with _Transaction(self._connection):
            self._connection.execute(
                "INSERT INTO boot (id, offset_us) VALUES (?, ?)"
                " ON CONFLICT (id) DO UPDATE SET offset_us = excluded.offset_us",
                (boot, offset_us),
            )
            self._connection.execute(
                "DELETE FROM boot WHERE number <= (SELECT max(number) FROM boot) - ?", (MAX_BOOTS,)
            )

    def offsets(self) -> dict[BootId, int]:
        """Return what was learnt of each boot."""
        return dict(self._connection.execute("SELECT id, offset_us FROM boot").fetchall())

    def close(self) -> None:
        """Close the file; nothing needs to be flushed."""
        self._connection.close()


class _Transaction:
    """BEGIN IMMEDIATE to COMMIT. A COMMIT that fails is rolled back as well."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


@contextmanager
def _unsynced(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit without waiting for the disk; the next synced commit takes it along."""
    connection.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        connection.execute("PRAGMA synchronous = FULL")


def _open_whole(path: Path) -> sqlite3.Connection | None:
    """Open the file, or return None where it is damaged."""
    connection: sqlite3.Connection | None = None
    try:
        connection = _open(path)
        damage = _damage(connection)
    except sqlite3.DatabaseError as exc:
        # A locked file or a full disk is an OperationalError too, and no damage.
        if isinstance(exc, sqlite3.OperationalError) and "no such" not in str(exc):
            if connection is not None:
                connection.close()
            raise
        damage = str(exc)
    if not damage:
        return connection
    log.error("the queue file is damaged and set aside", extra={"reason": damage})
    if connection is not None:
        connection.close()
    return None


def _begin_again(path: Path) -> sqlite3.Connection:
    """Set the damaged file aside and begin an empty queue in its place."""
    set_aside(path, datetime.now(UTC).strftime("%Y%m%dT%H%M%S"))
    return _open(path)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    try:
        # Alone on the file: no shared-memory file, whose mapping kills the process (SIGBUS) on a
        # full disk, and no second agent on the same queue.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        if _version(connection) == 0:  # a file that is made now; later it would be written to
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {MAX_WAL_BYTES}")
        connection.execute("PRAGMA cache_size = -1024")
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    version: int
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(_MIGRATIONS):
        raise QueueNewer(f"queue file has version {version}, this release {len(_MIGRATIONS)}")
    return version


def _migrate(connection: sqlite3.Connection) -> None:
    version = _version(connection)
    if version == len(_MIGRATIONS):
        return
    with _Transaction(connection):
        for statements in _MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        if version == 0:
            connection.execute("INSERT INTO queue VALUES (?, 0)", (str(uuid4()),))
        connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")


def _damage(connection: sqlite3.Connection) -> str:
    """Return what is wrong with the file, or nothing."""
    (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        return str(answer)
    if connection.execute("SELECT count(*) FROM queue").fetchone() != (1,):
        return "the queue's own row is missing"
    for (row,) in connection.execute("SELECT row FROM fact"):
        try:
            msgspec.json.decode(row, type=StoredRow)
        except (msgspec.MsgspecError, TypeError) as exc:
            return f"a row cannot be read: {exc}"
    return ""
