import asyncio
import secrets
from pathlib import Path

import asyncpg
import pytest

from server.kernel.migrations import (
    DatabaseNewer,
    MigrationChanged,
    MigrationError,
    MigrationSource,
    kernel_migrations,
    migrate,
    pending_migrations,
    read_migrations,
)


@pytest.fixture
def source(tmp_path: Path) -> MigrationSource:
    return MigrationSource("yard", tmp_path)


def add(source: MigrationSource, name: str, sql: str, intent: str = "-- What it is for.") -> Path:
    path = source.folder / name
    path.write_text(f"{intent}\n{sql}\n", encoding="utf-8")
    return path


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "select schemaname || '.' || tablename as name from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        )
    finally:
        await connection.close()
    return {row["name"] for row in rows}


async def test_pending_files_are_applied_once_in_order_of_their_number(
    empty_database_url: str, source: MigrationSource
) -> None:
    add(source, "0010_second.sql", "insert into one values (2);")
    add(source, "0002_first.sql", "create table one (n integer);")
    first = await migrate(empty_database_url, [source])
    assert [str(m) for m in first.applied] == ["yard/0002_first", "yard/0010_second"]
    assert first.applied[0].intent == "What it is for."
    assert not (await migrate(empty_database_url, [source])).applied


async def test_sources_are_applied_as_they_are_listed(
    empty_database_url: str, tmp_path: Path
) -> None:
    ground, upper = (MigrationSource(name, tmp_path / name) for name in ("z", "a"))
    ground.folder.mkdir()
    upper.folder.mkdir()
    add(ground, "0001_ground.sql", "create table ground (n integer primary key);")
    add(upper, "0001_upper.sql", "create table upper_floor (n integer references ground);")
    report = await migrate(empty_database_url, [ground, upper])
    assert [m.module for m in report.applied] == ["z", "a"]


async def test_one_bad_file_leaves_the_database_as_it_was(
    empty_database_url: str, source: MigrationSource
) -> None:
    add(source, "0001_good.sql", "create table good (n integer);")
    add(source, "0002_bad.sql", "create table bad (n no_such_type);")
    with pytest.raises(MigrationError, match="0002_bad"):
        await migrate(empty_database_url, [source])
    assert await tables(empty_database_url) == set()


async def test_a_dry_run_does_it_and_leaves_nothing(
    empty_database_url: str, source: MigrationSource
) -> None:
    add(source, "0001_good.sql", "create table good (n integer);")
    report = await migrate(empty_database_url, [source], dry_run=True)
    assert [m.name for m in report.applied] == ["good"]
    assert await tables(empty_database_url) == set()
    add(source, "0002_bad.sql", "select no_such_function();")
    with pytest.raises(MigrationError, match="no_such_function"):
        await migrate(empty_database_url, [source], dry_run=True)


async def test_an_edited_file_is_refused(empty_database_url: str, source: MigrationSource) -> None:
    path = add(source, "0001_good.sql", "create table good (n integer);")
    await migrate(empty_database_url, [source])
    path.write_text(path.read_text() + "-- better\n")
    with pytest.raises(MigrationChanged, match="yard/0001_good"):
        await migrate(empty_database_url, [source])


async def test_a_database_of_a_newer_release_is_refused(
    empty_database_url: str, source: MigrationSource
) -> None:
    path = add(source, "0001_good.sql", "create table good (n integer);")
    await migrate(empty_database_url, [source])
    path.unlink()
    add(source, "0003_other.sql", "create table other (n integer);")
    with pytest.raises(DatabaseNewer, match="yard/0001_good"):
        await migrate(empty_database_url, [source])


@pytest.mark.parametrize(
    ("name", "sql", "intent", "complaint"),
    [
        ("1_short.sql", "", "-- Why.", "NNNN_name"),
        ("0001_no_intent.sql", "", "create table x ();", "intent"),
        ("0001_commits.sql", "commit;", "-- Why.", "one"),
        ("0001_begins.sql", "  BEGIN;", "-- Why.", "one"),
    ],
)
def test_a_file_that_breaks_the_rules_is_refused(
    source: MigrationSource, name: str, sql: str, intent: str, complaint: str
) -> None:
    add(source, name, sql, intent)
    with pytest.raises(MigrationError, match=complaint):
        read_migrations([source])


def test_two_files_of_one_number_are_refused(source: MigrationSource) -> None:
    add(source, "0001_one.sql", "")
    add(source, "0001_two.sql", "")
    with pytest.raises(MigrationError, match="share a number"):
        read_migrations([source])


async def test_processes_that_start_together_migrate_once(
    empty_database_url: str, source: MigrationSource
) -> None:
    add(source, "0001_good.sql", "create table good (n integer);")
    reports = await asyncio.gather(*(migrate(empty_database_url, [source]) for _ in range(4)))
    assert sorted(len(report.applied) for report in reports) == [0, 0, 0, 1]


async def test_pending_is_said_without_touching_an_empty_database(
    empty_database_url: str, source: MigrationSource
) -> None:
    add(source, "0001_good.sql", "create table good (n integer);")
    connection = await asyncpg.connect(empty_database_url)
    try:
        assert [m.name for m in await pending_migrations(connection, [source])] == ["good"]
    finally:
        await connection.close()
    assert await tables(empty_database_url) == set()


async def test_the_kernel_can_be_migrated_by_an_ordinary_database_user(
    empty_database_url: str,
) -> None:
    role = f"hand_{secrets.token_hex(4)}"
    connection = await asyncpg.connect(empty_database_url)
    try:
        owner = await connection.fetchval("select quote_ident(current_user)")
        name = await connection.fetchval("select quote_ident(current_database())")
        await connection.execute(f"create role {role}; alter database {name} owner to {role}")
        await connection.execute(f"set role {role}; create schema kernel")
        try:
            for migration in read_migrations([kernel_migrations()]):
                await connection.execute(migration.sql)
        finally:
            await connection.execute(f"reset role; alter database {name} owner to {owner}")
            await connection.execute(f"drop owned by {role} cascade; drop role {role}")
    finally:
        await connection.close()
