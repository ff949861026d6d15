"""Running reactions: work that follows from the journal, once for each entry."""

import asyncio
import logging
from collections.abc import Sequence

from server.kernel.database import Connection, Database, DatabaseUnavailable
from server.kernel.journal import Entry, Journal, JournalRewound, Reaction

FIRST_RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 60.0
# A cursor that only passes over what does not concern it is written down this often.
SKIP = 1_000

_log = logging.getLogger(__name__)


class Reactions:
    """Runs all reactions, each on its own: one that fails waits and does not stop the others."""

    def __init__(self, database: Database, journal: Journal, reactions: Sequence[Reaction]) -> None:
        self._database = database
        self._journal = journal
        self._reactions = reactions

    async def run(self) -> None:
        """React until cancelled. The journal's tail must be running."""
        async with asyncio.TaskGroup() as tasks:
            for reaction in self._reactions:
                tasks.create_task(self._keep_reacting(reaction))

    async def _keep_reacting(self, reaction: Reaction) -> None:
        pause = FIRST_RETRY_SECONDS
        failed_at = -1
        while True:
            try:
                await self._react(reaction)
            except JournalRewound:
                _log.warning("%s goes on in the restored journal", reaction.name)
            except DatabaseUnavailable as error:
                _log.warning("%s waits for the database: %s", reaction.name, error)
            except _Failed as failure:
                _log.exception("%s failed at position %s", reaction.name, failure.position)
                if failure.position != failed_at:
                    pause, failed_at = FIRST_RETRY_SECONDS, failure.position
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_RETRY_SECONDS)

    async def _react(self, reaction: Reaction) -> None:
        async def begin(connection: Connection) -> int:
            await connection.execute(
                "insert into journal.reader (name, position) values ($1, 0) on conflict do nothing",
                reaction.name,
            )
            return await _lock_cursor(connection, reaction.name)

        written = await self._database.run(begin)
        async for batch in self._journal.follow(written):
            for entry in batch:
                if entry.kind in reaction.kinds or entry.position - written >= SKIP:
                    await self._handle(reaction, entry)
                    written = entry.position

    async def _handle(self, reaction: Reaction, entry: Entry) -> None:
        async def once(connection: Connection) -> None:
            # Another process may run the same reaction: whoever holds the cursor decides.
            if await _lock_cursor(connection, reaction.name) >= entry.position:
                return
            if entry.kind in reaction.kinds:
                await reaction.handle(connection, entry)
            await connection.execute(
                "update journal.reader set position = $2, moved_at = now() where name = $1",
                reaction.name,
                entry.position,
            )

        try:
            await self._database.run(once)
        except DatabaseUnavailable:
            raise
        except Exception as error:
            raise _Failed(entry.position) from error


class _Failed(Exception):
    """The handler raised."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


async def _lock_cursor(connection: Connection, name: str) -> int:
    return int(
        await connection.fetchval(
            "select position from journal.reader where name = $1 for update", name
        )
    )


async def read_cursors(connection: Connection) -> dict[str, int]:
    """Return the position that each reaction has come to."""
    rows = await connection.fetch("select name, position from journal.reader")
    return {row["name"]: row["position"] for row in rows}
