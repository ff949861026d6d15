"""Ends what an agent holds open once it was revoked or got another key, in whichever process."""

from collections.abc import Awaitable, Callable

from contract.ids import AgentId
from server.kernel.database import Database
from server.kernel.journal import Journal
from server.modules.devices import events


class Revocations:
    """Follows the journal for keys that have become worthless; `recheck` ends what they opened."""

    def __init__(
        self, database: Database, journal: Journal, recheck: Callable[[AgentId], Awaitable[None]]
    ) -> None:
        self._database = database
        self._journal = journal
        self._recheck = recheck

    async def run(self) -> None:
        """Follow for as long as the server runs. An older one had no link to begin with."""
        async with self._database.connection() as connection:
            head = await self._journal.head(connection)
        async for entries in self._journal.follow(head.position):
            for entry in entries:
                if entry.kind in (events.AGENT_REVOKED, events.AGENT_REPLACED):
                    await self._recheck(AgentId(entry.subject))
