"""A whole site on one host, and other hosts to reach it from."""

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from support.far_site import FarSite, far_site
from support.namespaces import Host, lan


@pytest.fixture
def hosts() -> Iterator[Sequence[Host]]:
    """The server's, a kiosk's, and a third one: the admin's desk, or a stranger's."""
    with lan(3) as hosts:
        yield hosts


@pytest.fixture
def client(hosts: Sequence[Host]) -> Host:
    """The host that the site is reached from."""
    return hosts[1]


@pytest.fixture
def stranger(hosts: Sequence[Host]) -> Host:
    """A host that is nobody's friend."""
    return hosts[2]


@pytest_asyncio.fixture
async def site(hosts: Sequence[Host], tmp_path: Path, database_url: str) -> AsyncIterator[FarSite]:
    """A server behind its front door, announced by mDNS."""
    async with far_site(tmp_path / "site", database_url, hosts[0], hosts[2]) as site:
        yield site
