"""The replicas' feed: what changed in the journal, as the rows that a kiosk keeps.

One follower a process turns journal entries into rows as they now stand, encodes them once, and
hands the same bytes to every link. Rows are states, not steps: to get one twice, or a newer one
than its position says, does no harm.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from contract.ids import JournalEpoch
from contract.link import MAX_MESSAGE_BYTES, Changes
from contract.replica import ItemRow, PersonRow
from server.kernel.database import Connection, Database, DatabaseUnavailable, Isolation
from server.kernel.journal import Entry, Journal, JournalRewound

_log = logging.getLogger(__name__)
PAGE_ROWS = 500
# Further behind than this, a snapshot is less to send than the changes.
CATCH_UP_ENTRIES = 5_000
MAX_WAITING = 1_000
RETRY_SECONDS = 1.0


class ReplicaSource(Protocol):
    """Knows the rows that kiosks keep."""

    async def changed(
        self, connection: Connection, entries: Sequence[Entry]
    ) -> tuple[list[PersonRow], list[ItemRow]]:
        """Return the rows that these entries touch, as they now stand."""
        ...

    async def people_page(
        self, connection: Connection, after: str | None, limit: int
    ) -> list[PersonRow]:
        """Return the next persons in order of id."""
        ...

    async def items_page(
        self, connection: Connection, after: str | None, limit: int
    ) -> list[ItemRow]:
        """Return the next items in order of id."""
        ...


@dataclass(eq=False, slots=True)
class Subscription:
    """One link's place in the feed. `overrun` is set when it could not keep up.

    `waiting` are encoded Changes, each with the position that is reached with it.
    """

    position: int
    waiting: asyncio.Queue[tuple[int, bytes]] = field(
        default_factory=lambda: asyncio.Queue(MAX_WAITING)
    )
    overrun: asyncio.Event = field(default_factory=asyncio.Event)


class ReplicaFeed:
    """Follows the journal for all links of this process."""

    def __init__(self, database: Database, journal: Journal, source: ReplicaSource) -> None:
        self._database = database
        self._journal = journal
        self._source = source
        self._position: int | None = None
        self._epoch = JournalEpoch("")
        self._started = asyncio.Event()
        self._subscriptions: set[Subscription] = set()
        self._encode = msgspec.json.Encoder().encode

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None, None]:
        """Follow the journal for as long as this is open."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.run(), name="replica-feed")
            try:
                yield
            finally:
                task.cancel()

    @asynccontextmanager
    async def subscribe(self) -> AsyncGenerator[Subscription, None]:
        """Join the feed; everything after the subscription's position will come."""
        await self._started.wait()
        subscription = Subscription(self._position or 0)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    async def catch_up(
        self, epoch: JournalEpoch | None, position: int, upto: int
    ) -> AsyncIterator[Changes]:
        """Yield what brings a replica from its position to `upto`, or a snapshot beyond it.

        A replica of another epoch, of a position that never was, or too far behind gets a snapshot.
        """
        if epoch and position >= upto - CATCH_UP_ENTRIES and await self._continues(epoch, position):
            async for changes in self._since(position, upto):
                yield changes
        else:
            async for changes in self._snapshot():
                yield changes

    async def _continues(self, epoch: JournalEpoch, position: int) -> bool:
        async with self._database.connection() as connection:
            return await self._journal.continues(connection, epoch, position)

    async def run(self) -> None:
        """Follow the journal until cancelled; waits out outages of Postgres."""
        while True:
            try:
                await self._follow()
            except JournalRewound:
                _log.warning("the database is an older copy: every replica is loaded anew")
                self._position = None
                self._end_subscriptions()
            except DatabaseUnavailable as error:
                _log.warning("replica feed waits for the database: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        if self._position is None:
            async with self._database.connection() as connection:
                head = await self._journal.head(connection)
            self._position, self._epoch = head.position, JournalEpoch(head.epoch)
            self._started.set()
        async for entries in self._journal.follow(self._position):
            if entries[-1].epoch != self._epoch:
                self._begin_epoch(JournalEpoch(entries[-1].epoch))
            async with self._database.connection() as connection:
                people, items = await self._source.changed(connection, entries)
            before, self._position = self._position, entries[-1].position
            changes = Changes(self._epoch, self._position, tuple(people), tuple(items))
            # Also without rows: the position says how far the replica is complete.
            for message in split(changes, before):
                self._send(self._position, self._encode(message))

    def _begin_epoch(self, epoch: JournalEpoch) -> None:
        self._epoch = epoch
        self._end_subscriptions()

    def _end_subscriptions(self) -> None:
        """After a restore, what the replicas know may never have happened here."""
        for subscription in self._subscriptions:
            subscription.overrun.set()

    def _send(self, reached: int, message: bytes) -> None:
        for subscription in self._subscriptions:
            try:
                subscription.waiting.put_nowait((reached, message))
            except asyncio.QueueFull:
                subscription.overrun.set()

    async def _since(self, position: int, upto: int) -> AsyncIterator[Changes]:
        while position < upto:
            async with self._database.connection() as connection:
                limit = min(PAGE_ROWS, upto - position)
                entries = await self._journal.read(connection, position, limit)
                if not entries:
                    return
                people, items = await self._source.changed(connection, entries)
            before, position = position, entries[-1].position
            changes = Changes(self._epoch, position, tuple(people), tuple(items))
            for message in split(changes, before):
                yield message

    async def _snapshot(self) -> AsyncIterator[Changes]:
        async with self._database.transaction(
            isolation=Isolation.REPEATABLE_READ, readonly=True
        ) as connection:
            head = await self._journal.head(connection)
            epoch, position = JournalEpoch(head.epoch), head.position
            yield Changes(epoch, position, reset=True, more=True)
            after: str | None = None
            while people := await self._source.people_page(connection, after, PAGE_ROWS):
                after = people[-1].id
                yield Changes(epoch, position, people=tuple(people), more=True)
            after = None
            while items := await self._source.items_page(connection, after, PAGE_ROWS):
                after = items[-1].id
                yield Changes(epoch, position, items=tuple(items), more=True)
        yield Changes(epoch, position)


def split(changes: Changes, before: int, rows: int = PAGE_ROWS) -> list[Changes]:
    """Return the changes in messages that keep well below MAX_MESSAGE_BYTES.

    Only the last one moves on from position `before`: a replica cut off in between asks again.
    """
    people, items = changes.people, changes.items
    if len(people) + len(items) <= rows:
        return [changes]
    parts = [
        Changes(changes.journal_epoch, before, people=people[i : i + rows], more=True)
        for i in range(0, len(people), rows)
    ] + [
        Changes(changes.journal_epoch, before, items=items[i : i + rows], more=True)
        for i in range(0, len(items), rows)
    ]
    return [*parts, msgspec.structs.replace(changes, people=(), items=())]


assert PAGE_ROWS * 1_000 < MAX_MESSAGE_BYTES, "a row is well below 1,000 bytes"
