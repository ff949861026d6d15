"""Commands and queries on agents; each command writes its journal entry with it."""

from datetime import UTC, datetime
from typing import Protocol

import asyncpg
import msgspec
from msgspec import UNSET

from contract.ids import AgentId, new_id
from contract.link import Heartbeat, ReaderReport, RowAnswer, RowStatus
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.kernel.problems import AlreadyThere, Conflicting, NotFound, PreconditionFailed
from server.modules.devices import events, store
from server.modules.devices.model import (
    Agent,
    AgentChange,
    QuarantinedRow,
    QuarantineState,
    status_of,
)
from server.modules.people.service import checked_id


class Retrier(Protocol):
    """Who can try a quarantined row again."""

    async def retry(self, connection: Connection, agent: AgentId, raw: bytes) -> RowAnswer:
        """Apply the row as if it had just come, in the caller's transaction."""
        ...


class Devices:
    """Agents and how they are. Every command runs in its caller's transaction."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def agent(self, connection: Connection, agent: str) -> Agent:
        """Return one agent. Raises NotFound."""
        found = await store.agent_by_id(connection, checked_id(agent))
        if found is None:
            raise NotFound()
        return found

    async def add(
        self, connection: Connection, actor: str | None, name: str, place: str, key: bytes
    ) -> AgentId:
        """Add an agent with its public key; without an actor it is the agent itself that came.

        Raises AlreadyThere if name or key are taken.
        """
        agent = AgentId(new_id())
        try:
            async with connection.transaction():
                await store.insert_agent(connection, agent, name, place, key)
        except asyncpg.UniqueViolationError as error:
            raise _taken(error, name) from error
        news = events.AgentNews(name, place)
        by = actor or f"agent:{agent}"
        await self._journal.tell(connection, by, events.AGENT_ENROLLED, agent, news, device=agent)
        return agent

    async def replace(
        self, connection: Connection, actor: str, agent: str, name: str, place: str, key: bytes
    ) -> Agent:
        """Give an agent another key: the old one is worthless at once, id and history stay.

        An empty name or place stays as it was. Raises NotFound, AlreadyThere.
        """
        before = await self._held(connection, agent)
        name, place = name or before.name, place or before.place
        try:
            async with connection.transaction():
                await store.replace_agent_key(connection, before.id, name, place, key)
        except asyncpg.UniqueViolationError as error:
            raise _taken(error, name) from error
        news = events.AgentNews(name, place)
        await self._journal.tell(connection, actor, events.AGENT_REPLACED, before.id, news)
        return await self.agent(connection, before.id)

    async def note_heartbeat(
        self,
        connection: Connection,
        agent: AgentId,
        heartbeat: Heartbeat,
        version: str | None = None,
    ) -> None:
        """Keep how an agent is; tell what changed, never the heartbeat itself.

        An agent that was revoked meanwhile stays disconnected.
        """
        before = await store.agent_by_id(connection, agent, lock=True)
        if before is None or before.revoked:
            return
        status = status_of(heartbeat, datetime.now(UTC))
        running = before.version if version is None else version
        if not before.connected:
            # Its greeting knows no readers yet: that is not news of them.
            status = msgspec.structs.replace(
                status, readers=status.readers or before.status.readers
            )
        await store.note_status(connection, agent, status, running)
        if not before.connected:
            await self._tell_link(connection, before, events.AGENT_CONNECTED, running)
        for change in changed_readers(before.status.readers, status.readers):
            news = events.ReaderNews(before.name, *change)
            await self._journal.tell(
                connection, f"agent:{agent}", events.READER_CHANGED, agent, news, device=agent
            )

    async def note_gone(self, connection: Connection, agent: AgentId) -> None:
        """Keep that an agent's link ended."""
        before = await store.agent_by_id(connection, agent, lock=True)
        if before is None or not before.connected:
            return
        await store.note_gone(connection, agent)
        await self._tell_link(connection, before, events.AGENT_DISCONNECTED, before.version)

    async def change(
        self,
        connection: Connection,
        actor: str,
        agent: str,
        change: AgentChange,
        expected_version: int,
    ) -> Agent:
        """Rename or move an agent. Raises NotFound, PreconditionFailed, AlreadyThere."""
        before = await self._held(connection, agent)
        if before.row_version != expected_version:
            raise PreconditionFailed(current=before.row_version)
        name = before.name if change.name is UNSET else change.name
        place = before.place if change.place is UNSET else change.place
        if (name, place) == (before.name, before.place):
            return before
        try:
            async with connection.transaction():
                await store.update_agent(connection, before.id, name, place)
        except asyncpg.UniqueViolationError as error:
            raise AlreadyThere(field="name", value=name) from error
        old = {"name": before.name, "place": before.place}
        new = {"name": name, "place": place}
        news = events.AgentNews(
            name,
            place,
            before={field: old[field] for field in old if old[field] != new[field]},
            after={field: new[field] for field in new if old[field] != new[field]},
        )
        await self._journal.tell(connection, actor, events.AGENT_CHANGED, before.id, news)
        return await self.agent(connection, before.id)

    async def revoke(self, connection: Connection, actor: str, agent: str) -> Agent:
        """Make an agent's key worthless. Repeating changes nothing. Raises NotFound."""
        before = await self._held(connection, agent)
        if before.revoked:
            return before
        await store.revoke_agent(connection, before.id)
        news = events.AgentNews(before.name, before.place)
        await self._journal.tell(connection, actor, events.AGENT_REVOKED, before.id, news)
        return await self.agent(connection, before.id)

    async def retry_quarantined(
        self, connection: Connection, actor: str, row: str, retrier: Retrier
    ) -> QuarantinedRow:
        """Try a quarantined row again; it goes on waiting if it is still not understood.

        Raises NotFound, Conflicting if it was settled before.
        """
        waiting = await self._waiting(connection, row)
        raw = await store.raw_of(connection, waiting.id)
        answer = await retrier.retry(connection, waiting.agent, raw)
        if answer.status is RowStatus.QUARANTINED:
            return waiting
        return await self._settle(connection, actor, waiting, QuarantineState.RETRIED)

    async def discard_quarantined(
        self, connection: Connection, actor: str, row: str
    ) -> QuarantinedRow:
        """Give a quarantined row up; it stays readable. Raises NotFound, Conflicting."""
        waiting = await self._waiting(connection, row)
        return await self._settle(connection, actor, waiting, QuarantineState.DISCARDED)

    async def _held(self, connection: Connection, agent: str) -> Agent:
        found = await store.agent_by_id(connection, checked_id(agent), lock=True)
        if found is None:
            raise NotFound()
        return found

    async def _waiting(self, connection: Connection, row: str) -> QuarantinedRow:
        found = await store.quarantined_by_id(connection, checked_id(row))
        if found is None:
            raise NotFound()
        if found.state is not QuarantineState.WAITING:
            raise Conflicting(field="state", expected=QuarantineState.WAITING)
        return found

    async def _settle(
        self, connection: Connection, actor: str, row: QuarantinedRow, state: QuarantineState
    ) -> QuarantinedRow:
        await store.settle_quarantined(connection, row.id, state, actor)
        news = events.QuarantineNews(row.agent, row.reason, state)
        await self._journal.tell(connection, actor, events.QUARANTINE_SETTLED, row.id, news)
        settled = await store.quarantined_by_id(connection, row.id)
        if settled is None:
            raise NotFound()
        return settled

    async def _tell_link(
        self, connection: Connection, agent: Agent, kind: str, version: str
    ) -> None:
        news = events.AgentNews(agent.name, agent.place, version)
        await self._journal.tell(
            connection, f"agent:{agent.id}", kind, agent.id, news, device=agent.id
        )


def _taken(error: asyncpg.UniqueViolationError, name: str) -> AlreadyThere:
    if error.constraint_name == "agent_public_key":
        return AlreadyThere(field="agent_key")
    return AlreadyThere(field="name", value=name)


def changed_readers(
    before: tuple[ReaderReport, ...], after: tuple[ReaderReport, ...]
) -> list[tuple[str, str, str]]:
    """Return (reader, state, message) of each reader that changed; a reader gone has no state."""
    old = {report.reader: report for report in before}
    new = {report.reader: report for report in after}
    changes = [
        (name, report.state.value, report.message)
        for name, report in new.items()
        if (was := old.get(name)) is None
        or (was.state, was.message) != (report.state, report.message)
    ]
    return changes + [(name, "", "") for name in old if name not in new]
