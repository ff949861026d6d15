"""The two ends of the link."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.agent_side import AgentSide, open_side
from support.link_server import LinkServer


@pytest.fixture
async def server() -> AsyncIterator[LinkServer]:
    """A server at the wire."""
    async with LinkServer().open() as opened:
        yield opened


@pytest.fixture
async def side(server: LinkServer, tmp_path: Path) -> AsyncIterator[AgentSide]:
    """An agent's end, linked to that server."""
    async with open_side(tmp_path, server.url) as side, side.running():
        yield side
