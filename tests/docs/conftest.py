"""The whole server, to be compared with the documents."""

from collections.abc import AsyncIterator

import pytest

from support.api import Api, open_api


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    """A server on a fresh database, and a client that may do everything."""
    async with open_api(database_url) as api:
        yield api
