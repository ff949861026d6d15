"""PostgreSQL loses its power at any point: what was committed is there, and nothing half.

The cluster's processes are recorded while several clients write to the product's own journal, the
sealer seals it, and checkpoints go on; the data folder is then rebuilt as a disk may leave it, and
PostgreSQL recovers from that.
"""

import asyncio
import os
import random
import shutil
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import msgspec
import pytest

from scripts.embedded_postgres import EmbeddedPostgres, PostgresError
from server.kernel.database import Connection, Database, DatabaseUnavailable, connect
from server.kernel.journal import Journal, NewEntry
from server.kernel.journal_verify import Checkpoint, verify
from server.kernel.migrations import migrate
from server.kernel.sealer import Sealer
from server.shipped import migration_sources
from support.postgres import a_cluster
from support.power import PowerDisk
from support.power.trace import Kind, read

WRITERS = 3
TRANSACTIONS = 120  # of each
ACCOUNTS = 400
MEMORY_NEEDED = 300 << 20
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
        asyncio.run(make_accounts(postgres.dsn))
        postgres.stop()
        with (postgres.data / "cluster" / "postgresql.conf").open("a") as file:
            file.write(settings)
        disk = PowerDisk(postgres.data / "cluster", postgres.data.parent / "trace")
        postgres.recorder = disk.environment
        postgres.start()
        try:
            yield postgres, disk
        finally:
            postgres.kill()


async def make_accounts(dsn: str) -> None:
    async with connect(dsn) as connection:
        await connection.execute("create table account (id int primary key, n int, filling text)")
        await connection.execute(
            "insert into account select id, 0, repeat('x', 300) from generate_series(1, $1) id",
            ACCOUNTS,
        )


class Moved(msgspec.Struct, frozen=True):
    """What an entry of the journal tells: something went to an account, or came from it."""

    account: int
    n: int
    filling: str = "字" * 100


@dataclass
class Promises:
    """What was said to be durable, each with the point of the recording at which it was said."""

    disk: PowerDisk
    committed: dict[str, int] = field(default_factory=dict)
    sealed: dict[Checkpoint, int] = field(default_factory=dict)


async def work(dsn: str, promises: Promises, name: int) -> None:
    """Commit transactions: two entries in the journal, and the two accounts that they tell of."""
    chance = random.Random(SEED + name)
    async with connect(dsn) as connection:
        journal = Journal(None)  # type: ignore[arg-type]  # it appends by the connection it is given
        for number in range(TRANSACTIONS):
            move = f"{name}-{number}"
            first, second = sorted(chance.sample(range(1, ACCOUNTS + 1), 2))
            n = chance.randint(1, 9)
            async with connection.transaction():
                for each in (Moved(first, -n), Moved(second, n)):
                    await connection.execute(
                        "update account set n = n + $2 where id = $1", each.account, each.n
                    )
                    body = msgspec.json.encode(each)
                    entry = NewEntry("test", "test", "test.moved", move, body)
                    await journal.append(connection, [entry])
            promises.committed[move] = promises.disk.now()


async def watch(dsn: str, promises: Promises) -> None:
    """Note how far the journal was sealed, and let the tables be written, over and over."""
    async with connect(dsn) as connection:
        while True:
            await connection.execute("checkpoint")
            end = (await verify(connection)).end
            promises.sealed.setdefault(end, promises.disk.now())


async def all_work(dsn: str, disk: PowerDisk) -> Promises:
    promises = Promises(disk)
    async with Database.open(dsn) as database, asyncio.TaskGroup() as tasks:
        besides = [
            tasks.create_task(Sealer(database).run()),
            tasks.create_task(watch(dsn, promises)),
        ]
        async with asyncio.TaskGroup() as writers:
            for name in range(WRITERS):
                writers.create_task(work(dsn, promises, name))
        for task in besides:
            task.cancel()
    return promises


def crash_points(
    disk: PowerDisk, promises: Promises, chance: random.Random, number: int
) -> list[int]:
    """Return random points; every other one while tables are written, as a checkpoint does."""
    begin = min(promises.committed.values())
    records = [r for r in read(disk.trace.read_bytes()) if r.end > begin]
    tables = [r.end for r in records if r.kind is Kind.WRITE and r.path.startswith("base/")]
    assert len(tables) > 100, "no checkpoint wrote the tables"
    return [chance.choice((tables, [r.end for r in records])[n % 2]) for n in range(number)]


async def what_is_wrong(dsn: str, promises: Promises, at: int) -> list[str]:
    """Compare a recovered database with what was promised before that point."""
    async with connect(dsn) as connection:
        return [
            *await wrong_in_entries(
                connection, {m for m, p in promises.committed.items() if p <= at}
            ),
            *await wrong_in_seals(connection, [s for s, p in promises.sealed.items() if p <= at]),
        ]


async def wrong_in_entries(connection: Connection, committed: set[str]) -> list[str]:
    moves: dict[str, list[Moved]] = {}
    accounts = dict.fromkeys(range(1, ACCOUNTS + 1), 0)
    # Every page is read, and every row that the indexes know.
    for move, body in await connection.fetch("select subject, body from journal.entry"):
        moved = msgspec.json.decode(body, type=Moved)
        moves.setdefault(move, []).append(moved)
        accounts[moved.account] += moved.n
    found = await connection.fetch("select id, n from account order by id")
    await connection.execute("set enable_seqscan = off; set enable_bitmapscan = off")
    indexed = await connection.fetch("select id, n from account where id > 0 order by id")
    entries = await connection.fetchval("select count(*) from journal.entry where seq > 0")
    wrong = []
    if lost := committed - moves.keys():
        wrong.append(f"lost: {sorted(lost)}")
    if half := [move for move, parts in moves.items() if len(parts) != 2]:
        wrong.append(f"half: {sorted(half)}")
    if found != indexed or accounts != {row["id"]: row["n"] for row in found}:
        wrong.append("accounts and journal disagree")
    if entries != sum(map(len, moves.values())):
        wrong.append("table and index of the journal disagree")
    return wrong


async def wrong_in_seals(connection: Connection, sealed: list[Checkpoint]) -> list[str]:
    report = await verify(connection, checkpoints=[each for each in sealed if each.position])
    return [f"position {fault.position}: {fault.kind}" for fault in report.faults]


def after_power_loss(
    postgres: RecordedPostgres, promises: Promises, chance: random.Random, at: int, data: Path
) -> list[str]:
    """Rebuild the disk as it may be, start PostgreSQL on it, and look."""
    cluster = data / "cluster"
    promises.disk.lose_power(chance, at=at, into=cluster)
    (cluster / "postmaster.pid").unlink(missing_ok=True)  # another boot: no process has it
    with (cluster / "postgresql.conf").open("a") as file:
        file.write("fsync = off\n")  # this one loses no power
    again = EmbeddedPostgres(data, postgres._binaries())
    try:
        return asyncio.run(what_is_wrong(again.start(), promises, at))
    except (PostgresError, DatabaseUnavailable, asyncpg.PostgresError) as error:
        return [str(error)]
    finally:
        again.kill()


@contextmanager
def a_place(beside: Path) -> Iterator[Path]:
    """Lend a folder for images; in memory, where their many small files cost least, if it fits."""
    memory = Path("/dev/shm")
    fits = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_NEEDED
    with TemporaryDirectory(prefix="genba-test-", dir=memory if fits else beside) as name:
        Path(name).chmod(0o711)
        (Path(name) / "image").mkdir()
        yield Path(name) / "image"


def losses(settings: str, crashes: int) -> Generator[str, None, None]:
    """Run, cut the power at random points, and tell what is wrong after each."""
    chance = random.Random(SEED)
    with (
        a_recorded_cluster(settings) as (postgres, disk),
        a_place(postgres.data.parent) as data,
    ):
        promises = asyncio.run(all_work(postgres.dsn, disk))
        postgres.kill()
        for name in ("password", "database-made"):
            shutil.copy2(postgres.data / name, data)
        owner = postgres.data.stat()
        for path in (data, data / "password"):
            shutil.chown(path, owner.st_uid, owner.st_gid)
        for at in crash_points(disk, promises, chance, crashes):
            for wrong in after_power_loss(postgres, promises, chance, at, data):
                yield f"at {at} of seed {SEED}: {wrong}"


@pytest.mark.timeout(240)
def test_what_postgres_has_committed_survives_a_power_loss_at_any_point() -> None:
    assert list(losses("", crashes=10)) == []


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "settings", ["fsync = off\n", "full_page_writes = off\n", "synchronous_commit = off\n"]
)
def test_the_same_check_finds_what_less_careful_settings_lose(settings: str) -> None:
    with closing(losses(settings, crashes=60)) as found:
        assert next(found, None) is not None
