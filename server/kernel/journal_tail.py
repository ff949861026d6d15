"""Following the journal: one LISTEN connection a process, any number of followers."""

import asyncio
import logging
from bisect import bisect_right
from collections.abc import AsyncGenerator

from server.kernel.database import Connection, Database, DatabaseUnavailable, connect
from server.kernel.journal_entry import Entry, Head, JournalRewound
from server.kernel.journal_reading import read_continues, read_entries, read_head

SEALED = "journal_sealed"
KEPT = 2_000
BATCH = 500
POLL_SECONDS = 1.0
RETRY_SECONDS = 0.25

_log = logging.getLogger(__name__)


class Tail:
    """The newest sealed entries, read once for all followers of this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._head: Head | None = None
        self._from = 0  # every sealed entry beyond this position, up to the head, is in _recent
        self._recent: list[Entry] = []
        self._generation = 0
        self._moved = asyncio.Event()

    async def run(self) -> None:
        """Keep up with the journal until cancelled; waits out outages of Postgres."""
        while True:
            try:
                async with connect(self._database.dsn, name="genba tail") as connection:
                    await self._listen(connection)
            except DatabaseUnavailable as error:
                _log.warning("journal tail lost the database: %s", error)
            await asyncio.sleep(RETRY_SECONDS)

    async def follow(self, after: int) -> AsyncGenerator[list[Entry], None]:
        """Yield sealed entries beyond `after` in batches: no hole, no repeat.

        Raises JournalRewound when the database was exchanged for an older copy.
        """
        position = after
        generation = self._generation
        while True:
            moved = self._moved
            if generation != self._generation:
                raise JournalRewound(f"position {position} is void")
            batch = await self.beyond(position)
            if batch:
                position = batch[-1].position
                yield batch
            else:
                await moved.wait()

    async def head(self) -> Head:
        """Return how far the tail has read; waits until it has read at all."""
        while self._head is None:
            await self._moved.wait()
        return self._head

    async def continues(self, epoch: str, position: int) -> bool:
        """Say whether a reader that has everything up to there can simply read on.

        Raises DatabaseUnavailable.
        """
        async with self._database.connection() as connection:
            return await read_continues(connection, epoch, position)

    async def beyond(self, position: int) -> list[Entry]:
        """Return the next sealed entries beyond this position, up to what the tail has read.

        Served from memory where it can be; waits out outages of Postgres where it cannot.
        """
        if self._head is None or position >= self._head.position:
            return []
        if position >= self._from:
            start = bisect_right(self._recent, position, key=lambda entry: entry.position)
            return self._recent[start : start + BATCH]
        while True:
            try:
                async with self._database.connection() as connection:
                    return await read_entries(connection, position, BATCH)
            except DatabaseUnavailable:
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self, connection: Connection) -> None:
        wake = asyncio.Event()
        await connection.add_listener(SEALED, lambda *_: wake.set())
        connection.add_termination_listener(lambda *_: wake.set())
        await self._resume(connection)
        while True:
            wake.clear()
            await self._catch_up(connection)
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await wake.wait()
            except TimeoutError:
                pass

    async def _resume(self, connection: Connection) -> None:
        head = await read_head(connection)
        if self._head is None:
            self._head, self._from = head, head.position
        elif not await read_continues(connection, self._head.epoch, self._head.position):
            self._head, self._from, self._recent = head, head.position, []
            self._generation += 1
        self._announce()

    async def _catch_up(self, connection: Connection) -> None:
        assert self._head is not None, "resumed before"
        while batch := await read_entries(connection, self._head.position, BATCH):
            self._recent += batch
            if len(self._recent) > 2 * KEPT:
                self._from = self._recent[-KEPT - 1].position
                del self._recent[:-KEPT]
            self._head = Head(batch[-1].epoch, batch[-1].position)
            self._announce()

    def _announce(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()
