"""PostgreSQL loses its power at any point: what was committed is there, and nothing half.

The cluster's processes are recorded while the product's own journal is written to; the data folder
is then rebuilt as a disk may leave it, and PostgreSQL recovers from that.
"""

import asyncio
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import pytest

from scripts.embedded_postgres import EmbeddedPostgres, PostgresError
from server.app import migration_sources
from server.kernel.database import DatabaseUnavailable, connect
from server.kernel.journal import Journal, NewEntry
from server.kernel.migrations import migrate
from support.postgres import a_cluster
from support.power import PowerDisk

TRANSACTIONS = 240
CRASHES = 12
SEED = 20_261_121


class RecordedPostgres(EmbeddedPostgres):
    """A cluster whose file operations are recorded."""

    recorder: dict[str, str] | None = None

    def _identity(self) -> dict[str, object]:
        identity = super()._identity()
        environment = identity["env"]
        assert isinstance(environment, dict)
        return {**identity, "env": {**environment, **(self.recorder or {})}}


@contextmanager
def a_recorded_cluster(settings: str) -> Iterator[tuple[RecordedPostgres, PowerDisk]]:
    """Lend a running, migrated cluster and the disk that it writes to."""
    with a_cluster() as plain:
        postgres = RecordedPostgres(plain.data)
        asyncio.run(migrate(postgres.start(), migration_sources()))
        postgres.stop()
        cluster = postgres.data / "cluster"
        with (cluster / "postgresql.conf").open("a") as file:
            file.write(settings)
        disk = PowerDisk(cluster, postgres.data.parent / "trace")
        postgres.recorder = disk.environment
        postgres.start()
        try:
            yield postgres, disk
        finally:
            postgres.kill()


async def commit_and_note(dsn: str, disk: PowerDisk) -> list[int]:
    """Commit transactions of three entries each; return the point at which each was committed."""
    points: list[int] = []
    async with connect(dsn) as connection:
        journal = Journal(None)  # type: ignore[arg-type]  # it appends by the connection it is given
        for number in range(TRANSACTIONS):
            async with connection.transaction():
                await journal.append(connection, [entry(number, part) for part in range(3)])
            points.append(disk.now())
            if number in (TRANSACTIONS // 3, TRANSACTIONS * 2 // 3):
                await connection.execute("checkpoint")  # from here on pages are logged in full
    return points


def entry(number: int, part: int) -> NewEntry:
    return NewEntry(
        actor="test",
        module="test",
        kind="test.happened",
        subject=str(number),
        body=f'{{"part":{part},"filling":"{"字" * 200}"}}'.encode(),
    )


async def what_is_there(dsn: str) -> dict[int, int]:
    """Return how many entries each transaction has."""
    async with connect(dsn) as connection:
        # Every page is read, not only the index: a torn one would be found.
        rows = await connection.fetch(
            "select subject::int as number, count(body::text) as parts from journal.entry"
            " where kind = 'test.happened' group by 1"
        )
        await connection.execute("set enable_seqscan = off")
        indexed = await connection.fetchval(
            "select count(*) from journal.entry where kind = 'test.happened'"
        )
    assert indexed == sum(row["parts"] for row in rows), "index and table agree"
    return {row["number"]: row["parts"] for row in rows}


def after_power_loss(
    postgres: RecordedPostgres, disk: PowerDisk, chance: random.Random, at: int
) -> dict[int, int]:
    """Rebuild the disk as it may be, start PostgreSQL on it, and look. Raises PostgresError."""
    with a_cluster() as plain:
        shutil.copytree(
            postgres.data, plain.data, ignore=shutil.ignore_patterns("cluster", "postmaster.pid")
        )
        cluster = plain.data / "cluster"
        cluster.mkdir()
        owner = (postgres.data / "cluster").stat()
        shutil.chown(cluster, owner.st_uid, owner.st_gid)
        cluster.chmod(0o700)
        disk.lose_power(chance, at=at, into=cluster)
        (cluster / "postmaster.pid").unlink(missing_ok=True)  # another boot: no process has it
        return asyncio.run(what_is_there(plain.start()))


def losses(settings: str) -> list[str]:
    """Run, cut the power at random points, and return what is wrong afterwards."""
    found: list[str] = []
    chance = random.Random(SEED)
    with a_recorded_cluster(settings) as (postgres, disk):
        points = asyncio.run(commit_and_note(postgres.dsn, disk))
        postgres.kill()
        for _ in range(CRASHES):
            at = chance.randrange(points[0], points[-1] + 1)
            committed = {number for number, point in enumerate(points) if point <= at}
            try:
                there = after_power_loss(postgres, disk, chance, at)
            except (PostgresError, DatabaseUnavailable, asyncpg.PostgresError) as error:
                found.append(f"at {at} of seed {SEED}: {error}")
                continue
            lost = committed - there.keys()
            half = {number for number, parts in there.items() if parts != 3}
            if lost or half:
                found.append(f"at {at} of seed {SEED}: lost {sorted(lost)}, half {sorted(half)}")
    return found


@pytest.mark.timeout(240)
def test_what_postgres_has_committed_survives_a_power_loss_at_any_point() -> None:
    assert losses("") == []


@pytest.mark.timeout(240)
def test_without_syncs_the_same_test_sees_losses() -> None:
    assert losses("fsync = off\n") != []
