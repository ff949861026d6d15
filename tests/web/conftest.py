"""The admin pages on a real server with the sample workshop."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from scripts import sample_data
from support.browser import CHROMIUM, Window, a_window
from support.site import Site


@pytest_asyncio.fixture
async def window(require: Callable[[str, bool, str], None]) -> AsyncIterator[Window]:
    require("Chromium", Path(CHROMIUM).exists(), "apt install chromium")
    async with a_window() as window:
        yield window


@pytest_asyncio.fixture
async def workshop(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Site]:
    """A running server with 60 people, 300 items and a month of loans."""
    await sample_data.load(database_url)
    site = Site(tmp_path, database_url)
    try:
        await site.open()
        yield site
    finally:
        await site.close()
