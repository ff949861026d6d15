"""What every test may ask for."""

import os
from collections.abc import Callable, Iterator

import pytest

from support import components
from support.postgres import LOSES_ALL_AT_A_POWER_CUT, Databases, a_cluster


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
    with a_cluster(settings=LOSES_ALL_AT_A_POWER_CUT) as postgres:
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
