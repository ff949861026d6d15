import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from server.kernel.database import Connection, Database
from server.kernel.journal import Entry, Journal, Reaction
from server.kernel.reactions import Reactions, read_cursors
from support.journal_entries import entry, until, write

KIND = "test.happened"


@pytest.fixture
async def done(database: Database) -> AsyncIterator[Callable[[], Awaitable[list[str]]]]:
    """What the reactions wrote down, in order."""
    async with database.transaction() as connection:
        await connection.execute(
            "create table done (n bigint generated always as identity, subject text)"
        )

    async def read() -> list[str]:
        async with database.connection() as connection:
            rows = await connection.fetch("select subject from done order by n")
        return [row["subject"] for row in rows]

    yield read


async def note(connection: Connection, entry: Entry) -> None:
    await connection.execute("insert into done (subject) values ($1)", entry.subject)


async def test_each_entry_of_its_kinds_is_handled_once_in_order(
    database: Database, journal: Journal, done: Callable[[], Awaitable[list[str]]]
) -> None:
    await write(database, journal, entry("before"), entry("other", kind="test.other"))
    reactions = Reactions(database, journal, [Reaction("note", frozenset({KIND}), note)])
    task = asyncio.create_task(reactions.run())
    await write(database, journal, *(entry(f"{n}") for n in range(100)))
    expected = ["before", *(f"{n}" for n in range(100))]

    async def all_done() -> bool:
        return len(await done()) >= len(expected)

    await until(all_done)
    task.cancel()
    assert await done() == expected
    async with database.connection() as connection:
        assert await read_cursors(connection) == {"note": 102}


async def test_processes_that_run_the_same_reaction_share_the_work(
    database: Database, journal: Journal, done: Callable[[], Awaitable[list[str]]]
) -> None:
    async def run() -> None:
        await Reactions(database, journal, [Reaction("note", frozenset({KIND}), note)]).run()

    tasks = [asyncio.create_task(run()) for _ in range(3)]
    await write(database, journal, *(entry(f"{n}") for n in range(100)))

    async def all_done() -> bool:
        return len(await done()) >= 100

    await until(all_done)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert await done() == [f"{n}" for n in range(100)]


async def test_a_reaction_that_fails_tries_again_and_leaves_nothing_half_done(
    database: Database, journal: Journal, done: Callable[[], Awaitable[list[str]]]
) -> None:
    tries = 0

    async def fail_once(connection: Connection, entry: Entry) -> None:
        nonlocal tries
        await note(connection, entry)
        tries += 1
        if tries == 1:
            raise ZeroDivisionError

    reactions = Reactions(
        database,
        journal,
        [
            Reaction("fails", frozenset({KIND}), fail_once),
            Reaction("works", frozenset({"test.other"}), note),
        ],
    )
    task = asyncio.create_task(reactions.run())
    await write(database, journal, entry("a"), entry("b", kind="test.other"))

    async def all_done() -> bool:
        return len(await done()) >= 2

    await until(all_done)
    task.cancel()
    assert sorted(await done()) == ["a", "b"]
    assert tries == 2


async def test_a_reaction_goes_on_where_it_was_after_a_restart(
    database: Database, journal: Journal, done: Callable[[], Awaitable[list[str]]]
) -> None:
    for subject in ("first", "second"):
        await write(database, journal, entry(subject))
        reactions = Reactions(database, journal, [Reaction("note", frozenset({KIND}), note)])
        task = asyncio.create_task(reactions.run())

        async def this_is_done(subject: str = subject) -> bool:
            return subject in await done()

        await until(this_is_done)
        task.cancel()
        await asyncio.wait([task])
    assert await done() == ["first", "second"]
