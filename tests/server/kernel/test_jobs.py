import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from server.kernel import jobs as jobs_module
from server.kernel.database import Database
from server.kernel.jobs import (
    FailedJob,
    Job,
    Jobs,
    count_jobs,
    discard_failed,
    failed_jobs,
    kernel_jobs,
    queue_queries,
    retry_failed,
)
from support.journal_entries import SECONDS, until


@asynccontextmanager
async def running(jobs: Jobs) -> AsyncIterator[None]:
    task = asyncio.create_task(jobs.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


class Worker:
    """A handler that notes what it was given, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.done: asyncio.Queue[bytes] = asyncio.Queue()
        self.tries = 0
        self.failures = failures

    async def __call__(self, database: Database, payload: bytes) -> None:
        self.tries += 1
        if self.tries <= self.failures:
            raise ZeroDivisionError("not today")
        self.done.put_nowait(payload)

    async def next(self) -> bytes:
        async with asyncio.timeout(SECONDS):
            return await self.done.get()


async def test_what_the_migrations_installed_is_what_the_pinned_release_wants(
    database: Database,
) -> None:
    """When this fails after an update of PgQueuer, these statements are the next migration."""
    async with database.connection() as connection:
        plan = await queue_queries(connection).plan_upgrade()
    assert list(plan.statements) == []


async def test_a_job_exists_only_if_its_transaction_commits(database: Database) -> None:
    worker = Worker()
    jobs = Jobs(database, [Job("work", worker)])
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as connection:
            await jobs.enqueue(connection, "work", b"never")
            raise ZeroDivisionError
    async with database.transaction() as connection:
        await jobs.enqueue(connection, "work", "荷物".encode())
    async with running(jobs):
        assert (await worker.next()).decode() == "荷物"
    assert worker.tries == 1


async def test_a_job_queued_while_the_worker_waits_is_done_at_once(database: Database) -> None:
    worker = Worker()
    jobs = Jobs(database, [Job("work", worker)])
    async with running(jobs):
        for number in range(20):
            async with database.transaction() as connection:
                await jobs.enqueue(connection, "work", f"{number}".encode())
            assert await worker.next() == f"{number}".encode()


async def test_a_job_queued_once_is_not_queued_again_while_it_waits(database: Database) -> None:
    jobs = Jobs(database, [Job("work", Worker())])
    for _ in range(3):
        async with database.transaction() as connection:
            await jobs.enqueue(connection, "work", once="nightly", delay=timedelta(hours=1))
    async with database.connection() as connection:
        assert (await count_jobs(connection))["queued"] == 1


async def test_an_undeclared_job_cannot_be_queued(database: Database) -> None:
    async with database.transaction() as connection:
        with pytest.raises(KeyError):
            await Jobs(database, []).enqueue(connection, "nobody")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "FIRST_RETRY", timedelta(milliseconds=1))
    monkeypatch.setattr(jobs_module, "LONGEST_RETRY", timedelta(milliseconds=1))


@pytest.mark.usefixtures("impatient")
async def test_a_job_that_fails_is_tried_again(database: Database) -> None:
    worker = Worker(failures=2)
    jobs = Jobs(database, [Job("work", worker)])
    async with database.transaction() as connection:
        await jobs.enqueue(connection, "work", b"x")
    async with running(jobs):
        assert await worker.next() == b"x"
    assert worker.tries == 3


async def given_up(database: Database) -> list[FailedJob]:
    async with database.connection() as connection:
        return await failed_jobs(connection)


@pytest.mark.usefixtures("impatient")
async def test_a_job_that_is_given_up_is_kept_and_can_be_retried(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs_module, "ATTEMPTS", 2)
    caplog.set_level(logging.CRITICAL)
    worker = Worker(failures=2)
    jobs = Jobs(database, [Job("work", worker)])
    async with database.transaction() as connection:
        await jobs.enqueue(connection, "work", b"x")
    async with running(jobs):

        async def failed() -> bool:
            return bool(await given_up(database))

        await until(failed)
        [job] = await given_up(database)
        assert (job.name, worker.tries) == ("work", 2)
        async with database.transaction() as connection:
            assert (await count_jobs(connection))["failed"] == 1
            assert await retry_failed(connection, job.id)
        assert await worker.next() == b"x"
    assert await given_up(database) == []
    async with database.transaction() as connection:
        assert not await discard_failed(connection, job.id)


async def test_a_schedule_queues_its_job(database: Database) -> None:
    worker = Worker()
    jobs = Jobs(database, [Job("work", worker, schedule="0 0 1 1 *")])
    async with running(jobs):

        async def scheduled() -> bool:
            async with database.connection() as connection:
                return bool(
                    await connection.fetchval(
                        "update jobs.schedule set next_run = now() - interval '1 s'"
                        " where entrypoint = 'work' and status = 'queued' returning true"
                    )
                )

        await until(scheduled)
    # The scheduler looks at its table when it begins, and then when its clock says.
    async with running(jobs):
        assert await worker.next() == b""


async def test_the_worker_goes_on_when_it_lost_its_connection(database: Database) -> None:
    worker = Worker()
    jobs = Jobs(database, [Job("work", worker)])
    async with running(jobs):
        async with database.transaction() as connection:
            await jobs.enqueue(connection, "work", b"before")
        assert await worker.next() == b"before"
        async with database.connection() as connection:
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and application_name = 'genba jobs'"
            )
        async with database.transaction() as connection:
            await jobs.enqueue(connection, "work", b"after")
        assert await worker.next() == b"after"


async def test_the_kernel_s_own_jobs_run(database: Database) -> None:
    for job in kernel_jobs():
        await job.handler(database, b"")
