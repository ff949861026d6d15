"""What every test may ask for."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from support import components
from support.api import Api, open_api
from support.browser import CHROMIUM, Window, a_window
from support.postgres import LOSES_ALL_AT_A_POWER_CUT, Databases, a_cluster, in_memory
from support.site import Site


@pytest.fixture(scope="session")
def require() -> Callable[[str, bool, str], None]:
    """Return `require(component, available, how_to_get_it)`."""
    return components.require


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give servers that tests start a folder of their own; the default belongs to the system."""
    folder = str(tmp_path_factory.mktemp("state"))
    os.environ.setdefault("GENBA_SERVER__STATE__FOLDER", folder)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The run's own PostgreSQL."""
    with a_cluster(settings=LOSES_ALL_AT_A_POWER_CUT, place=in_memory()) as postgres:
        postgres.start()
        made = Databases(postgres)
        made.prepare()
        yield made


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """The DSN of a fresh database with every migration applied."""
    with databases.migrated() as dsn:
        yield dsn


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """The DSN of a fresh, empty database."""
    with databases.empty() as dsn:
        yield dsn


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    """A server in this process on a fresh database, and a client that may do everything."""
    async with open_api(database_url) as api:
        yield api


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    """A server as a process on a fresh database; agents are added by the test."""
    folder = tmp_path / "site"
    folder.mkdir()
    async with Site(folder, database_url).running() as site:
        yield site


@pytest.fixture
async def window(require: Callable[[str, bool, str], None]) -> AsyncIterator[Window]:
    """A Chromium whose pages must not complain."""
    require("Chromium", Path(CHROMIUM).exists(), "apt install chromium")
    async with a_window() as window:
        yield window
