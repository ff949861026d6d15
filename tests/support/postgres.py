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
from server.app import migration_sources
from server.kernel.migrations import migrate

TEMPLATE = "migrated"


@contextmanager
def a_cluster(bin_dir: Path | None = None) -> Iterator[EmbeddedPostgres]:
    """Lend a cluster of its own, not yet started; it is stopped and removed at the end.

    Not below pytest's private folder: the unprivileged user that runs it could not go there.
    """
    folder = Path(tempfile.mkdtemp(prefix="genba-test-"))
    folder.chmod(0o711)
    postgres = EmbeddedPostgres(folder / "postgres", bin_dir)
    try:
        yield postgres
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


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

    def empty(self) -> str:
        """Return the DSN of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        self.postgres.sql(f"create database {name}")
        return self.postgres.dsn_of(name)

    def migrated(self) -> str:
        """Return the DSN of a new database with every migration applied."""
        name = f"test_{next(self._numbers)}"
        self.postgres.sql(f"create database {name} template {TEMPLATE} strategy file_copy")
        return self.postgres.dsn_of(name)
