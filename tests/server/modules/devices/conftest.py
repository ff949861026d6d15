"""The whole site for end-to-end tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from support.site import Site


@pytest_asyncio.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    """A running server on a fresh database; agents are added by the test."""
    folder = tmp_path / "site"
    folder.mkdir()
    site = Site(folder, database_url)
    try:
        await site.open()
        yield site
    finally:
        await site.close()
