"""Entries for tests, and waiting for what follows from them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from server.kernel.database import Database
from server.kernel.journal import Entry, Journal, NewEntry

SECONDS = 20.0


def entry(
    subject: str = "thing",
    *,
    kind: str = "test.happened",
    body: str = '{"数":1}',
    actor: str = "me",
) -> NewEntry:
    """One entry with good defaults."""
    return NewEntry(
        actor=actor,
        module=kind.partition(".")[0],
        kind=kind,
        subject=subject,
        body=body.encode(),
        device="kiosk-1",
    )


async def write(database: Database, journal: Journal, *entries: NewEntry) -> None:
    """Write the entries in one transaction."""
    await database.run(lambda connection: journal.append(connection, entries))


async def take(batches: AsyncIterator[Sequence[Entry]], count: int) -> list[Entry]:
    """Return the next `count` entries; fails if they do not come."""
    taken: list[Entry] = []
    async with asyncio.timeout(SECONDS):
        while len(taken) < count:
            taken += await anext(batches)
    assert len(taken) == count, f"{len(taken)} came instead of {count}"
    return taken


async def until(what: Callable[[], Awaitable[bool]]) -> None:
    """Wait until this holds."""
    async with asyncio.timeout(SECONDS):
        while not await what():
            await asyncio.sleep(0.01)


async def sealed(database: Database, journal: Journal, position: int) -> None:
    """Wait until the journal is sealed up to there."""

    async def there() -> bool:
        async with database.connection() as connection:
            return (await journal.head(connection)).position >= position

    await until(there)
