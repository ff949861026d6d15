"""Ends the link of an agent that was revoked, in whichever process it is."""

from collections.abc import Awaitable, Callable

from contract.ids import AgentId
from server.kernel.database import Database
from server.kernel.journal import Journal
from server.modules.devices import events


class Revocations:
    """Follows the journal for revoked agents."""

    def __init__(
        self, database: Database, journal: Journal, end: Callable[[AgentId], Awaitable[None]]
    ) -> None:
        self._database = database
        self._journal = journal
        self._end = end

    async def run(self) -> None:
        """Follow for as long as the server runs. An older one had no link to begin with."""
        async with self._database.connection() as connection:
            head = await self._journal.head(connection)
        async for entries in self._journal.follow(head.position):
            for entry in entries:
                if entry.kind == events.AGENT_REVOKED:
                    await self._end(AgentId(entry.subject))
