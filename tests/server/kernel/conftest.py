"""A journal at work on a database of its own."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.kernel.database import Database
from server.kernel.journal import Journal
from server.kernel.sealer import Sealer


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database.open(database_url, max_size=10) as database:
        yield database


@pytest.fixture
async def journal(database: Database) -> AsyncIterator[Journal]:
    """A journal whose sealer and tail are running."""
    journal = Journal(database)
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(Sealer(database).run()),
            tasks.create_task(journal.tail.run()),
        ]
        yield journal
        for task in running:
            task.cancel()
