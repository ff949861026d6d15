"""A site on a Postgres of its own, which a test may kill."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from scripts.embedded_postgres import EmbeddedPostgres
from support.postgres import a_cluster
from support.site import Site


@pytest.fixture
def doomed_postgres() -> Iterator[EmbeddedPostgres]:
    """A Postgres for this test alone."""
    with a_cluster() as postgres:
        yield postgres


@pytest_asyncio.fixture
async def site(tmp_path: Path, doomed_postgres: EmbeddedPostgres) -> AsyncIterator[Site]:
    """A running server on that Postgres."""
    folder = tmp_path / "site"
    folder.mkdir()
    site = Site(folder, doomed_postgres.start())
    await site.cli("migrate")
    async with site.running():
        yield site
