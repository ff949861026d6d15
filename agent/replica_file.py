"""The server's rows on disk, so that an agent that starts offline knows people and items.

It can always be fetched again: a damaged file is deleted, and the agent asks for a snapshot. The
stored position is never ahead of the stored rows. It may be behind, since rows that come again do
no harm: a position is a page of its own, and SD cards die of writes.
"""

import asyncio
import contextlib
import logging
import os
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from agent.replica import Replica, Rows, Written
from contract.ids import JournalEpoch
from contract.replica import ItemRow, PersonRow

log = logging.getLogger(__name__)

VERSION = 1
# A row fits; a commit writes whole pages, and each own tap is a commit that is synced.
PAGE_BYTES = 2048
# How far the stored position may be behind; the server sends so many entries again after a crash.
MAX_BEHIND = 100
_SCHEMA = (
    "CREATE TABLE person (id TEXT PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE item (id TEXT PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE reached (journal_epoch TEXT, position INTEGER NOT NULL)",
    "INSERT INTO reached VALUES (NULL, 0)",
)
_encode = msgspec.json.Encoder().encode


class ReplicaFile:
    """Use `ReplicaFile.open`, which also fills the replica."""

    def __init__(self, path: Path, thread: ThreadPoolExecutor) -> None:
        self._path = path
        self._thread = thread
        self._connection: sqlite3.Connection | None = None
        self._behind = False
        self._stored: tuple[JournalEpoch | None, int] = (None, 0)

    @staticmethod
    @asynccontextmanager
    async def open(path: Path, replica: Replica) -> AsyncIterator["ReplicaFile"]:
        """Open the file and load the replica from it; a damaged or older file is begun anew."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="replica")
        loop = asyncio.get_running_loop()
        file = ReplicaFile(path, thread)
        try:
            rows, epoch, position = await loop.run_in_executor(thread, file._load)
            replica.load(rows, epoch, position)
            file._stored = (epoch, position)
            try:
                yield file
            finally:
                await file._write_position(replica)
        finally:
            await loop.run_in_executor(thread, file._close)
            thread.shutdown(wait=False)

    async def write(self, written: Written, replica: Replica) -> None:
        """Bring the file up to the replica. A failing disk is logged; the next write catches up."""
        rows, epoch, position = replica.rows(), replica.journal_epoch, replica.position
        if written.everything or self._behind:
            people, items = tuple(rows.people.values()), tuple(rows.items.values())
            written = Written(True, people, items)
        reached = (epoch, position)
        if not written.everything and epoch == self._stored[0]:
            if position - self._stored[1] < MAX_BEHIND:
                reached = self._stored
            if reached == self._stored and not (written.people or written.items or written.gone):
                return
        await self._write(written, *reached)

    async def sync(self) -> None:
        """Wait until what was written is on the disk. A failing disk is logged.

        Before the outbox forgets an own fact: after a power cut one of the two still has to tell
        the desk what happened.
        """
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._sync)
        except OSError as exc:
            log.warning("replica could not be synced", extra={"reason": str(exc)})

    def _sync(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            log_file = os.open(f"{self._path}-wal", os.O_RDONLY)
            try:
                os.fsync(log_file)
            finally:
                os.close(log_file)

    async def _write_position(self, replica: Replica) -> None:
        """At the end: the next start need not ask for what is here."""
        reached = (replica.journal_epoch, replica.position)
        if reached != self._stored and not self._behind:
            await self._write(Written(), *reached)

    async def _write(self, written: Written, epoch: JournalEpoch | None, position: int) -> None:
        loop = asyncio.get_running_loop()
        self._behind = True  # until it is written: a link that ends may cancel this
        try:
            await loop.run_in_executor(self._thread, self._store, written, epoch, position)
        except (sqlite3.Error, OSError) as exc:
            log.warning("replica could not be written", extra={"reason": str(exc)})
        else:
            self._behind = False
            self._stored = (epoch, position)

    def _store(self, written: Written, epoch: JournalEpoch | None, position: int) -> None:
        connection = self._connection
        if connection is None:
            connection = self._connection = _open(self._path)
        with connection:  # commits, or rolls back on an exception
            connection.execute("BEGIN")
            if written.everything:
                connection.execute("DELETE FROM person")
                connection.execute("DELETE FROM item")
            connection.executemany(
                "INSERT OR REPLACE INTO person VALUES (?, ?)",
                ((row.id, _encode(row)) for row in written.people),
            )
            connection.executemany(
                "INSERT OR REPLACE INTO item VALUES (?, ?)",
                ((row.id, _encode(row)) for row in written.items),
            )
            for key in written.gone:
                connection.execute("DELETE FROM person WHERE id = ?", (key,))
                connection.execute("DELETE FROM item WHERE id = ?", (key,))
            if (epoch, position) != self._stored or written.everything:
                connection.execute(
                    "UPDATE reached SET journal_epoch = ?, position = ?", (epoch, position)
                )

    def _load(self) -> tuple[Rows, JournalEpoch | None, int]:
        try:
            return self._read()
        except (sqlite3.Error, msgspec.MsgspecError, TypeError) as exc:
            log.warning("replica is begun anew", extra={"reason": str(exc)})
            self._close()
        for ending in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                Path(f"{self._path}{ending}").unlink()
        try:
            return self._read()
        except (sqlite3.Error, OSError) as exc:
            # Without its file the replica still works; the server sends it at each start.
            log.warning("replica has no file", extra={"reason": str(exc)})
            self._close()
            self._behind = True
            return Rows(), None, 0

    def _read(self) -> tuple[Rows, JournalEpoch | None, int]:
        self._connection = connection = _open(self._path)
        (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if answer != "ok":
            raise sqlite3.DatabaseError(answer)
        rows = Rows()
        for (row,) in connection.execute("SELECT row FROM person"):
            rows.put_person(msgspec.json.decode(row, type=PersonRow))
        for (row,) in connection.execute("SELECT row FROM item"):
            rows.put_item(msgspec.json.decode(row, type=ItemRow))
        epoch, position = connection.execute("SELECT * FROM reached").fetchone()
        return rows, epoch, position

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # of a file that is made now
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA journal_size_limit = 4194304")
        connection.execute("PRAGMA cache_size = -512")
        # A person who was erased leaves no name in free space; FAST costs no further write.
        connection.execute("PRAGMA secure_delete = FAST")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            raise sqlite3.DatabaseError(f"replica file has version {version}")
        if version == 0:
            with connection:
                connection.execute("BEGIN")
                for statement in _SCHEMA:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection
