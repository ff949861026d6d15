import asyncio

import asyncpg
import pytest

from server.kernel.database import (
    CommitUnknown,
    Connection,
    Database,
    DatabaseUnavailable,
    Isolation,
)


@pytest.fixture
async def counter(database: Database) -> Database:
    async with database.transaction() as connection:
        await connection.execute("create table counter (name text primary key, value integer)")
        await connection.execute("insert into counter values ('a', 0), ('b', 0)")
    return database


async def value(database: Database, name: str = "a") -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval("select value from counter where name = $1", name))


async def end_backend(database: Database, pid: int) -> None:
    async with database.connection() as other:
        await other.execute("select pg_terminate_backend($1)", pid)


async def test_uuids_come_and_go_as_text(database: Database) -> None:
    name = "0197a5c4-0000-7000-8000-000000000001"
    async with database.connection() as connection:
        assert await connection.fetchval("select $1::uuid", name) == name
        assert await connection.fetchval("select $1::uuid[]", [name]) == [name]
        assert await connection.fetchval("select $1::uuid = any($2::uuid[])", name, [name])


async def test_json_text_comes_back_as_it_was_written(database: Database) -> None:
    text = '{"b": 1,  "a":"日本"}'
    async with database.connection() as connection:
        assert await connection.fetchval("select $1::json", text) == text


async def test_an_exception_rolls_the_transaction_back(counter: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with counter.transaction() as connection:
            await connection.execute("update counter set value = 1")
            raise ZeroDivisionError
    assert await value(counter) == 0


async def test_a_readonly_transaction_refuses_to_write(counter: Database) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with counter.transaction(readonly=True) as connection:
            await connection.execute("update counter set value = 1")


async def test_serialization_failures_are_tried_again_until_nothing_is_lost(
    counter: Database,
) -> None:
    async def add_one(connection: Connection) -> None:
        seen = await connection.fetchval("select value from counter where name = 'a'")
        await connection.execute("update counter set value = $1 where name = 'a'", seen + 1)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(8):
            tasks.create_task(counter.run(add_one, isolation=Isolation.SERIALIZABLE, attempts=100))
    assert await value(counter) == 8


async def test_a_deadlock_is_tried_again(counter: Database) -> None:
    both_hold_one = asyncio.Barrier(2)
    tries: list[str] = []

    async def in_order(connection: Connection, first: str, second: str) -> None:
        tries.append(first)
        await connection.execute("set local deadlock_timeout = '20ms'")
        await connection.execute("update counter set value = value + 1 where name = $1", first)
        if len(tries) <= 2:
            await both_hold_one.wait()
        await connection.execute("update counter set value = value + 1 where name = $1", second)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(counter.run(lambda c: in_order(c, "a", "b")))
        tasks.create_task(counter.run(lambda c: in_order(c, "b", "a")))
    assert len(tries) == 3, "exactly one was the victim"
    assert (await value(counter, "a"), await value(counter, "b")) == (2, 2)


async def test_work_is_done_again_on_a_new_connection_if_it_was_lost_before_commit(
    counter: Database,
) -> None:
    pids: list[int] = []

    async def work(connection: Connection) -> None:
        await connection.execute("update counter set value = value + 1 where name = 'a'")
        pids.append(await connection.fetchval("select pg_backend_pid()"))
        if len(pids) == 1:
            await end_backend(counter, pids[0])
            await connection.fetchval("select 1")

    await counter.run(work)
    assert await value(counter) == 1
    assert len(set(pids)) == 2


async def test_work_is_not_done_again_once_commit_was_sent(counter: Database) -> None:
    """A deferred trigger ends the backend while it commits, so the answer never comes."""
    async with counter.transaction() as connection:
        await connection.execute(
            """
            create function die() returns trigger language plpgsql as $$
            begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(60); return null;
            end $$
            """
        )
        await connection.execute(
            "create constraint trigger die after update on counter"
            " deferrable initially deferred for each row execute function die()"
        )
    tries = 0

    async def work(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        await connection.execute("update counter set value = value + 1 where name = 'a'")

    with pytest.raises(CommitUnknown):
        await counter.run(work)
    assert tries == 1
    assert await value(counter) == 0


async def test_a_database_that_is_not_there_is_unavailable(unused_tcp_port: int) -> None:
    with pytest.raises(DatabaseUnavailable):
        async with Database.open(f"postgresql://genba@127.0.0.1:{unused_tcp_port}/none"):
            pytest.fail("it cannot be opened")


async def test_an_error_of_the_caller_is_not_called_an_outage(database: Database) -> None:
    with pytest.raises(FileNotFoundError):
        async with database.connection():
            raise FileNotFoundError


async def test_the_pool_says_how_busy_it_is(database: Database) -> None:
    async with database.connection():
        busy = database.use()
    assert (busy.in_use, busy.waiting) == (1, 0)
    assert database.use().in_use == 0
