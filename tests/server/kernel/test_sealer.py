import asyncio
import random

import pytest

from server.kernel.database import Connection, Database, connect
from server.kernel.journal import Entry, Journal
from server.kernel.journal_verify import verify
from server.kernel.sealer import LOCK, Sealer
from server.kernel.sealing import SealedElsewhere, read_lag, read_standing, seal_batch, write_seals
from support.journal_entries import SECONDS, entry, sealed, take, until, write

WRITERS = 8
TRANSACTIONS = 60


async def test_an_open_transaction_holds_back_what_came_after_it_and_nothing_is_lost(
    database: Database, journal: Journal
) -> None:
    """The later insertion commits first: a reader of insertion numbers would lose the earlier."""
    follower = journal.follow(0)
    async with database.transaction() as slow:
        await journal.append(slow, [entry("slow")])
        await write(database, journal, entry("quick"))
        async with database.connection() as connection:
            assert (await journal.head(connection)).position == 0
    assert [e.subject for e in await take(follower, 2)] == ["slow", "quick"]


async def test_a_transaction_that_writes_no_entry_also_holds_back_and_lets_go(
    database: Database, journal: Journal
) -> None:
    """Nobody wakes the sealer when such a transaction ends; it must look by itself."""
    follower = journal.follow(0)
    async with database.transaction() as other:
        await other.execute("select pg_current_xact_id()")
        await write(database, journal, entry("held"))
        async with database.connection() as connection:
            assert (await read_lag(connection)).entries == 1
    assert [e.subject for e in await take(follower, 1)] == ["held"]
    async with database.connection() as connection:
        assert (await read_lag(connection)).entries == 0


async def test_what_waited_for_a_lock_comes_after_what_held_it(
    database: Database, journal: Journal
) -> None:
    """Transaction ids are given out before the wait: they tell the wrong order."""
    follower = journal.follow(0)
    await database.run(lambda connection: connection.execute("create table thing (n int)"))
    await database.run(lambda connection: connection.execute("insert into thing values (0)"))

    async def waits(older: Connection) -> None:
        await older.execute("update thing set n = n + 1")
        await journal.append(older, [entry("second")])

    async with database.transaction() as older:
        await older.execute("select pg_current_xact_id()")
        async with database.transaction() as between:
            # Still open when the older one has ended: it holds back the younger one alone.
            await between.execute("select pg_current_xact_id()")
            async with database.transaction() as younger:
                await younger.execute("update thing set n = n + 1")
                waiting = asyncio.create_task(waits(older))
                await asyncio.sleep(0.05)
                await journal.append(younger, [entry("first")])
            await waiting
            await older.execute("commit")
            await asyncio.sleep(0.1)
            await older.execute("begin")
    assert [e.subject for e in await take(follower, 2)] == ["first", "second"]


async def write_wildly(database: Database, journal: Journal, name: str) -> list[str]:
    """Transactions long and short, some rolled back; returns the subjects that were committed."""
    chance = random.Random(name)
    committed: list[str] = []
    for number in range(TRANSACTIONS):
        subjects = [f"{name}/{number}/{part}" for part in range(chance.randint(1, 8))]
        gives_up = chance.random() < 0.2
        try:
            async with database.transaction() as connection:
                await connection.execute("select pg_current_xact_id()")
                for subject in subjects:
                    await asyncio.sleep(chance.choice([0, 0, 0, 0.001, 0.005]))
                    await journal.append(connection, [entry(subject)])
                if gives_up:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            continue
        committed += subjects
    return committed


async def collect(journal: Journal, seen: list[Entry]) -> None:
    async for batch in journal.follow(0):
        seen += batch


async def check_everything_came_once(
    database: Database, seen: list[Entry], committed: list[str]
) -> None:
    async def all_here() -> bool:
        return len(seen) >= len(committed)

    await until(all_here)
    assert [e.position for e in seen] == list(range(1, len(committed) + 1))
    assert sorted(e.subject for e in seen) == sorted(committed)
    for writer in range(WRITERS):
        own = [e.subject for e in seen if e.subject.startswith(f"{writer}/")]
        assert own == [s for s in committed if s.startswith(f"{writer}/")], "in their own order"
    async with database.connection() as connection:
        report = await verify(connection)
    assert (report.checked, report.faults) == (len(committed), [])


async def test_no_hole_and_no_repeat_under_concurrent_transactions(
    database: Database, journal: Journal
) -> None:
    seen: list[Entry] = []
    async with asyncio.TaskGroup() as tasks:
        follower = tasks.create_task(collect(journal, seen))
        writers = await asyncio.gather(
            *(write_wildly(database, journal, str(n)) for n in range(WRITERS))
        )
        await check_everything_came_once(database, seen, [s for own in writers for s in own])
        follower.cancel()


async def test_no_hole_and_no_repeat_while_sealers_are_killed_and_take_over(
    database: Database,
) -> None:
    journal = Journal(database)
    seen: list[Entry] = []
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(Sealer(database).run()),
            tasks.create_task(Sealer(database).run()),
            tasks.create_task(journal.tail.run()),
            tasks.create_task(collect(journal, seen)),
        ]

        async def kill_sealers() -> None:
            while True:
                await asyncio.sleep(0.03)
                async with database.connection() as connection:
                    await connection.execute(
                        "select pg_terminate_backend(pid) from pg_stat_activity"
                        " where datname = current_database() and application_name = 'genba sealer'"
                    )

        killer = tasks.create_task(kill_sealers())
        writers = await asyncio.gather(
            *(write_wildly(database, journal, str(n)) for n in range(WRITERS))
        )
        killer.cancel()
        await check_everything_came_once(database, seen, [s for own in writers for s in own])
        for task in running:
            task.cancel()


async def test_sealers_that_race_give_no_position_twice(database: Database) -> None:
    journal = Journal(database)
    await write(database, journal, *(entry() for _ in range(400)))

    async def seal_all(connection: Connection) -> None:
        while True:
            try:
                if not (await seal_batch(connection, batch=7)).sealed:
                    return
            except SealedElsewhere:
                continue

    async with (
        connect(database.dsn) as one,
        connect(database.dsn) as two,
        connect(database.dsn) as three,
        asyncio.timeout(SECONDS),
    ):
        await asyncio.gather(*(seal_all(connection) for connection in (one, two, three)))
    async with database.connection() as connection:
        report = await verify(connection)
    assert (report.checked, report.faults) == (400, [])


async def test_a_sealer_that_was_overtaken_writes_nothing(database: Database) -> None:
    journal = Journal(database)
    await write(database, journal, entry("one"))
    async with connect(database.dsn) as connection:
        stale = await read_standing(connection)
        await seal_batch(connection)
        with pytest.raises(SealedElsewhere):
            await write_seals(connection, stale, stale, [])
        assert (await read_standing(connection)).position == 1


async def test_only_one_sealer_leads_and_the_other_takes_over(database: Database) -> None:
    journal = Journal(database)
    first, second = Sealer(database), Sealer(database)
    async with asyncio.TaskGroup() as tasks:
        leading = tasks.create_task(first.run())

        async def first_leads() -> bool:
            return first.leading

        await until(first_leads)
        waiting = tasks.create_task(second.run())
        await write(database, journal, entry())
        await sealed(database, journal, 1)
        assert not second.leading
        leading.cancel()
        await write(database, journal, entry())
        await sealed(database, journal, 2)
        assert second.leading
        assert not first.leading
        waiting.cancel()


async def test_an_idle_sealer_writes_nothing(database: Database) -> None:
    """A Pi's disk wears out: waiting must cost no write-ahead log."""
    async with connect(database.dsn) as connection:
        before = await connection.fetchval("select pg_current_xact_id_if_assigned()")
        await seal_batch(connection)
        assert before is None
        assert await connection.fetchval("select pg_current_xact_id_if_assigned()") is None
        mode = await connection.fetch(
            "select mode from pg_locks where relation = 'journal.sealed'::regclass"
        )
        assert [row["mode"] for row in mode] in ([], ["AccessShareLock"])


async def test_leading_is_a_lock_of_the_session(database: Database) -> None:
    sealer = Sealer(database)
    async with connect(database.dsn) as other, asyncio.TaskGroup() as tasks:
        await other.execute("select pg_advisory_lock($1)", LOCK)
        running = tasks.create_task(sealer.run())
        await asyncio.sleep(0)
        assert not sealer.leading
        await other.execute("select pg_advisory_unlock($1)", LOCK)

        async def leads() -> bool:
            return sealer.leading

        await until(leads)
        running.cancel()
