"""The agent's side of the link: what it queues, what it keeps, what it says of itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from agent.backoff import Backoff
from agent.clock import BootClock, Reading
from agent.identity import Identity
from agent.link import Link
from agent.link_status import LinkStatus
from agent.outbox import Draft, Outbox
from agent.replica import Replica
from agent.replica_file import ReplicaFile
from agent.server_address import ServerAddress, read_address
from agent.sign_in import SignIns, Visitor
from contract.facts import CardUnknown
from contract.ids import BootId, EventId, PersonId
from contract.link import Heartbeat
from support.link_server import LONG_ENOUGH, identity_here
from support.workshop import YAMADA_CARD, event_id, moment

HERE = BootId("boot-of-the-test")


class AgentSide:
    """Outbox, replica and link, with what the link last said of itself."""

    def __init__(
        self,
        outbox: Outbox,
        replica: Replica,
        file: ReplicaFile,
        url: str,
        backoff: Backoff | None = None,
        steady_seconds: float = 10,
    ) -> None:
        self.outbox = outbox
        self.replica = replica
        self.synchronised = False
        now = time.time_ns() // 1_000
        self.clock = BootClock(HERE, lambda: Reading(5_000_000, now, self.synchronised))
        self.identity: Identity | None = identity_here()
        self.url = url
        self.where: ServerAddress | None = None
        self.status = LinkStatus()
        self.visitor: Visitor | None = Visitor(PersonId("person-1"), YAMADA_CARD)
        self.entered = 0
        self.sign_ins = SignIns(lambda: self.visitor, self._entered, answer_seconds=0.5)
        self._changes = asyncio.Event()
        self.link = Link(
            "1.2.3",
            self._who,
            lambda _: self.where or read_address(self.url),
            outbox,
            replica,
            file,
            self.clock,
            self._heartbeat,
            self._changed,
            self.sign_ins,
            backoff or Backoff(0.01, 0.05),
            steady_seconds,
        )

    def _entered(self) -> None:
        self.entered += 1

    async def _who(self) -> Identity | None:
        return self.identity

    def _heartbeat(self, oldest_us: int | None) -> Heartbeat:
        return Heartbeat(HERE, 1, 2, waiting=self.outbox.count, oldest_us=oldest_us)

    def _changed(self, status: LinkStatus) -> None:
        self.status = status
        self._changes.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the link up until the block ends."""
        running = asyncio.create_task(self.link.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait([running])
            assert running.cancelled(), "the link ended by itself"

    async def reached(self, what: Callable[[], bool]) -> None:
        """Wait until the link has told what makes this true."""
        async with asyncio.timeout(LONG_ENOUGH):
            while not what():
                self._changes.clear()
                await self._changes.wait()

    async def append(self, number: int = 1) -> list[EventId]:
        """Queue that many rows and return their ids."""
        drafts = [Draft(event_id(), CardUnknown(YAMADA_CARD)) for _ in range(number)]
        return [fact.id for fact in await self.outbox.append(drafts, moment())]


@asynccontextmanager
async def open_side(
    folder: Path, url: str, backoff: Backoff | None = None, steady_seconds: float = 10
) -> AsyncIterator[AgentSide]:
    """Open outbox and replica in this folder; the link does not run yet."""
    replica = Replica()
    async with (
        Outbox.open(folder / "outbox.db") as outbox,
        ReplicaFile.open(folder / "replica.db", replica) as file,
    ):
        yield AgentSide(outbox, replica, file, url, backoff, steady_seconds)
