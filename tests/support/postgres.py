"""Fresh databases for tests: one cluster a run, one migrated template, a clone a test."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from scripts.embedded_postgres import EmbeddedPostgres
from server.kernel.migrations import migrate
from server.shipped import migration_sources

TEMPLATE = "migrated"
# For clusters that nobody pulls the plug of: a clone costs a tenth of the time.
LOSES_ALL_AT_A_POWER_CUT = """
fsync = off
full_page_writes = off
synchronous_commit = off
"""


# Linux's file system in memory, and what must be free there.
MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 2 << 30


@contextmanager
def a_cluster(
    bin_dir: Path | None = None, settings: str = "", place: Path | None = None
) -> Iterator[EmbeddedPostgres]:
    """Lend a cluster of its own, not yet started; it is stopped and removed at the end.

    Not below pytest's private folder: the unprivileged user that runs it could not go there.
    """
    folder = Path(tempfile.mkdtemp(prefix="genba-test-", dir=place))
    folder.chmod(0o711)
    postgres = EmbeddedPostgres(folder / "postgres", bin_dir, settings)
    try:
        yield postgres
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def in_memory() -> Path | None:
    """Return a folder in memory, where there is room for a cluster: a clone takes a quarter."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES
    return MEMORY if roomy else None


@dataclass
class Databases:
    """The test run's cluster."""

    postgres: EmbeddedPostgres

    def __post_init__(self) -> None:
        self._numbers = count(1)

    def prepare(self) -> None:
        """Migrate the template that every test's database is a copy of."""
        self.postgres.sql(f"create database {TEMPLATE}")
        asyncio.run(migrate(self.postgres.dsn_of(TEMPLATE), migration_sources()))

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Lend a new, empty database: its DSN."""
        with self._a_database("") as dsn:
            yield dsn

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """Lend a new database with every migration applied: its DSN."""
        with self._a_database(f"template {TEMPLATE}") as dsn:
            yield dsn

    @contextmanager
    def _a_database(self, how: str) -> Iterator[str]:
        name = f"test_{next(self._numbers)}"
        self.postgres.sql(f"create database {name} {how}")
        try:
            yield self.postgres.dsn_of(name)
        finally:
            # Hundreds of them, each of 10 MB, would be written to the disk for nothing.
            self.postgres.sql(f"drop database {name} with (force)")
