"""The admin pages on a real server with the sample workshop."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from scripts import sample_data
from support.site import Site


@pytest_asyncio.fixture
async def workshop(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Site]:
    """A running server with 60 people, 300 items and a month of loans."""
    await sample_data.load(database_url)
    async with Site(tmp_path, database_url).running() as site:
        yield site
