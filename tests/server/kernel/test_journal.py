import asyncio
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest

from server.kernel.database import Database
from server.kernel.journal import Journal, Wanted
from server.kernel.migrations import MigrationSource, kernel_migrations, migrate
from support.journal_entries import entry, sealed, take, until, write


async def test_entries_of_a_transaction_that_rolls_back_never_were(
    database: Database, journal: Journal
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as connection:
            await journal.append(connection, [entry("never")])
            raise ZeroDivisionError
    await write(database, journal, entry("first"))
    [only] = await take(journal.follow(0), 1)
    assert (only.position, only.subject) == (1, "first")


async def test_an_entry_comes_back_as_it_was_written(database: Database, journal: Journal) -> None:
    body = '{"name": "田中",  "n":1.50}'
    await write(database, journal, entry("wrench", kind="loans.borrowed", body=body, actor="鈴木"))
    await sealed(database, journal, 1)
    async with database.connection() as connection:
        [read] = await journal.read(connection, 0)
        head = await journal.head(connection)
    assert (read.actor, read.device, read.module, read.kind, read.subject) == (
        "鈴木",
        "kiosk-1",
        "loans",
        "loans.borrowed",
        "wrench",
    )
    assert bytes(read.body).decode() == body
    assert read.epoch == head.epoch
    assert abs(read.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert read.at.utcoffset() == timedelta(0)


async def test_entries_keep_their_order_within_a_transaction(
    database: Database, journal: Journal
) -> None:
    await write(database, journal, *(entry(f"{n}") for n in range(1_200)))
    assert [e.subject for e in await take(journal.follow(0), 1_200)] == [
        f"{n}" for n in range(1_200)
    ]


async def test_reading_pages_through(database: Database, journal: Journal) -> None:
    await write(database, journal, *(entry(f"{n}") for n in range(7)))
    await sealed(database, journal, 7)
    async with database.connection() as connection:
        pages = [await journal.read(connection, after, limit=3) for after in (0, 3, 6, 7)]
    assert [[e.position for e in page] for page in pages] == [[1, 2, 3], [4, 5, 6], [7], []]


async def test_reading_the_newest_does_not_read_the_rest(
    database: Database, journal: Journal
) -> None:
    await write(database, journal, *(entry(f"{n}") for n in range(6_000)))
    await sealed(database, journal, 6_000)
    async with database.transaction() as connection:
        read = await journal.read(connection, 5_998)
        scanned = await connection.fetchval(
            "select sum(seq_tup_read)::bigint from pg_stat_xact_all_tables"
            " where schemaname = 'journal' and relname like 'entry%'"
        )
    assert [one.position for one in read] == [5_999, 6_000]
    assert scanned == 0


async def test_searching_filters_and_begins_with_the_newest(
    database: Database, journal: Journal
) -> None:
    await write(
        database,
        journal,
        entry("a", kind="loans.borrowed", body='{"name":"トルクレンチ"}'),
        entry("b", kind="loans.returned", actor="Sato"),
        entry("a", kind="people.changed"),
    )
    await sealed(database, journal, 3)
    async with database.connection() as connection:

        async def found(**by: str) -> list[int]:
            page = await journal.search(connection, Wanted(**by))
            assert page.next is None
            return [e.position for e in page.entries]

        assert await found() == [3, 2, 1]
        assert await found(module="loans") == [2, 1]
        assert await found(kind="people.changed") == [3]
        assert await found(subject="a") == [3, 1]
        assert await found(actor="Sato") == [2]
        assert await found(text="レンチ") == [1]
        assert await found(text="SATO") == [2]
        assert await found(text="%") == [], "a wildcard of SQL is just a sign"
        assert await found(kind="loans.returned", actor="Sato", text="b") == [2]
        assert await found(kind="loans.returned", actor="Suzuki") == []
        page = await journal.search(connection, Wanted(), limit=1)
        rest = await journal.search(connection, Wanted(), before=page.next, limit=1)
    [newest], [second] = page.entries, rest.entries
    assert (newest.position, page.next) == (3, 3)
    assert (second.position, rest.next) == (2, 2)
    assert len(bytes.fromhex(newest.hash)) == 32
    assert msgspec.json.decode(newest.body) == {"数": 1}


@pytest.mark.parametrize(
    "statement",
    [
        "update journal.entry set actor = 'another'",
        "delete from journal.entry",
        "truncate journal.entry",
        "update journal.entry_default set actor = 'another'",
        "truncate journal.entry_default",
        "update journal.seal set hash = ''",
        "delete from journal.seal",
        "truncate journal.seal",
        "delete from journal.epoch",
    ],
)
async def test_the_journal_is_append_only(
    database: Database, journal: Journal, statement: str
) -> None:
    await write(database, journal, entry())
    await sealed(database, journal, 1)
    async with database.transaction() as connection:
        # A row in the default partition, so that a statement on it has something to refuse.
        await connection.execute(
            "insert into journal.entry (at, origin, id, actor, module, kind, subject, body)"
            " values ('1999-01-01', 0, gen_random_uuid(), '', '', '', '', '{}')"
        )
        with pytest.raises(asyncpg.PostgresError, match=r"append-only|foreign key"):
            async with connection.transaction():
                await connection.execute(statement)


async def test_the_current_partition_refuses_to_be_emptied(database: Database) -> None:
    async with database.connection() as connection:
        part = await connection.fetchval(
            "select 'journal.entry_' || to_char(now() at time zone 'UTC', 'YYYY\"q\"Q')"
        )
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await connection.execute(f"truncate {part}")


async def test_partitions_are_made_ahead_once(database: Database) -> None:
    async with database.connection() as connection:
        assert await connection.fetchval("select journal.ensure_partitions(3)") == 0
        assert await connection.fetchval("select journal.ensure_partitions(9)") == 2
        assert await connection.fetchval("select journal.ensure_partitions(9)") == 0


async def test_a_quarter_that_strayed_into_the_default_partition_stays_there(
    database: Database,
) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "insert into journal.entry (at, origin, id, actor, module, kind, subject, body)"
            " values (now() + interval '7 months', 0, gen_random_uuid(),"
            " '', '', '', '', '{}')"
        )
        before = await connection.fetchval("select count(*) from journal.entry_default")
        await connection.execute("select journal.ensure_partitions(9)")
        assert before == await connection.fetchval("select count(*) from journal.entry_default")


async def test_followers_get_everything_once_wherever_they_begin(
    database: Database, journal: Journal
) -> None:
    await write(database, journal, *(entry() for _ in range(5)))
    await sealed(database, journal, 5)
    early, late = journal.follow(0), journal.follow(4)
    first = await take(early, 5)
    await write(database, journal, *(entry() for _ in range(5)))
    assert [e.position for e in first + await take(early, 5)] == list(range(1, 11))
    assert [e.position for e in await take(late, 6)] == list(range(5, 11))


async def test_a_follower_that_fell_behind_what_is_kept_in_memory_reads_on_from_the_database(
    database: Database, journal: Journal
) -> None:
    behind = journal.follow(0)
    await write(database, journal, *(entry() for _ in range(6_000)))
    await sealed(database, journal, 6_000)

    async def tail_is_there() -> bool:
        return (await journal.tail.head()).position == 6_000

    await until(tail_is_there)
    assert [e.position for e in await take(behind, 6_000)] == list(range(1, 6_001))


async def test_many_followers_cost_one_connection(database: Database, journal: Journal) -> None:
    followers = [journal.follow(0) for _ in range(50)]
    await write(database, journal, entry())
    await asyncio.gather(*(take(follower, 1) for follower in followers))
    async with database.connection() as connection:
        listening = await connection.fetchval(
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and application_name = 'genba tail'"
        )
    assert listening == 1


async def test_a_follower_goes_on_when_the_tail_lost_its_connection(
    database: Database, journal: Journal
) -> None:
    follower = journal.follow(0)
    await write(database, journal, entry("before"))
    await take(follower, 1)
    async with database.connection() as connection:
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name like 'genba %'"
        )
    await write(database, journal, entry("after"))
    assert [e.subject for e in await take(follower, 1)] == ["after"]


async def test_a_month_with_entries_is_kept_when_partitions_become_quarters(
    empty_database_url: str, tmp_path: Path
) -> None:
    months = tmp_path / "kernel"
    months.mkdir()
    for path in kernel_migrations().folder.glob("*.sql"):
        if path.name < "0041":
            shutil.copy(path, months)
    await migrate(empty_database_url, [MigrationSource("kernel", months)])
    insert = (
        "insert into journal.entry (origin, id, actor, module, kind, subject, body)"
        " values (0, gen_random_uuid(), '', '', '', '', '{}') returning tableoid::regclass::text"
    )
    async with Database.open(empty_database_url, max_size=1) as database:
        async with database.connection() as connection:
            month = await connection.fetchval(insert)
        await migrate(empty_database_url, [kernel_migrations()])
        async with database.connection() as connection:
            assert await connection.fetchval(insert) == month
            parts = await connection.fetch(
                "select inhrelid::regclass::text as name from pg_inherits"
                " where inhparent = 'journal.entry'::regclass"
            )
            quarters = {part["name"] for part in parts} - {month, "journal.entry_default"}
            assert len(quarters) == 1
            assert re.fullmatch(r"journal\.entry_\d{4}q\d", *quarters)
