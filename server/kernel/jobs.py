"""Work on a clock or for later: PgQueuer behind four words (Job, enqueue, run, failures).

Why PgQueuer: docs/decisions/0004-jobs-by-pgqueuer.md.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.applications import PgQueuer
from pgqueuer.core.executors import (
    AbstractEntrypointExecutor,
    DatabaseRetryEntrypointExecutor,
    EntrypointExecutorParameters,
)
from pgqueuer.domain.models import Job as QueuedJob
from pgqueuer.domain.models import Schedule
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel

from server.kernel.database import Connection, Database, DatabaseUnavailable, connect

if TYPE_CHECKING:
    from asyncpg import Connection as AsyncpgConnection

ATTEMPTS = 8
FIRST_RETRY = timedelta(seconds=1)
LONGEST_RETRY = timedelta(minutes=5)
BATCH = 5
RECONNECT_SECONDS = 1.0
DRAIN_SECONDS = 3.0
LOOK_AGAIN = timedelta(seconds=5)
KEEP_LOG = timedelta(days=30)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Named work. `handler` gets the database and the payload; `schedule` is cron (UTC), or None.

    A job runs at least once: when the process dies in the middle it runs again. When the handler
    raises, it is tried again with growing waits, eight times in all, and then kept as failed.
    """

    name: str
    handler: Callable[[Database, bytes], Awaitable[None]]
    schedule: str | None = None


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that was given up; it stays until it is retried or discarded."""

    id: int
    name: str
    attempts: int
    failed_at: datetime


def queue_settings() -> DBSettings:
    """Return PgQueuer's names, all said here: it would else read them from the environment."""
    return DBSettings(
        prefix="",
        db_schema="jobs",
        channel=Channel("jobs_changed"),
        function="tell_change",
        statistics_table="statistics",
        queue_status_type="status",
        queue_table="queue",
        queue_table_log="log",
        trigger="queue_changed",
        schedules_table="schedule",
        durability=Durability.durable,
        widen_id=True,
    )


def queue_queries(connection: Connection) -> Queries:
    """Return PgQueuer's statements on this connection, in its transaction if it is in one."""
    settings = queue_settings()
    return Queries(
        AsyncpgDriver(cast("AsyncpgConnection[asyncpg.Record]", connection)),
        qbe=QueryBuilderEnvironment(settings),
        qbq=QueryQueueBuilder(settings),
        qbs=QuerySchedulerBuilder(settings),
    )


class Jobs:
    """The queue of this site: enqueue anywhere, run by any one process."""

    def __init__(self, database: Database, jobs: Sequence[Job]) -> None:
        self._database = database
        self._jobs = {job.name: job for job in jobs}

    async def enqueue(
        self,
        connection: Connection,
        name: str,
        payload: bytes = b"",
        *,
        delay: timedelta | None = None,
        once: str | None = None,
    ) -> None:
        """Queue a job in the caller's transaction: it exists if and only if that commits.

        With `once`, nothing is queued while a job of this key is waiting or running. Raises
        KeyError for a job that nobody declared.
        """
        job = self._jobs[name]
        await queue_queries(connection).enqueue(
            [job.name], [payload], [0], [delay], [once], None, on_conflict="skip"
        )

    async def run(self) -> None:
        """Work until cancelled; waits out outages of Postgres. Running jobs get 3 s to end."""
        while True:
            try:
                async with connect(self._database.dsn, name="genba jobs") as connection:
                    await self._work(connection)
            except DatabaseUnavailable as error:
                _log.warning("the job worker lost the database: %s", error)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _work(self, connection: Connection) -> None:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda *_: lost.set())
        queuer = self._queuer(connection)
        try:
            async with asyncio.TaskGroup() as tasks:
                work = tasks.create_task(_run(queuer))
                watch = tasks.create_task(lost.wait())
                try:
                    await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    queuer.shutdown.set()
                    await asyncio.wait({work}, timeout=0 if lost.is_set() else DRAIN_SECONDS)
                    work.cancel()
                    watch.cancel()
        except BaseExceptionGroup as several:
            unavailable, unexpected = several.split(DatabaseUnavailable)
            if unexpected is not None or unavailable is None:
                raise
            raise DatabaseUnavailable(str(unavailable.exceptions[0])) from None
        if lost.is_set():
            raise DatabaseUnavailable("the connection was closed")

    def _queuer(self, connection: Connection) -> PgQueuer:
        queries = queue_queries(connection)
        queuer = PgQueuer(queries.driver, queue_settings().channel, queries=queries)
        for job in self._jobs.values():
            self._register(queuer, queries, job)
        return queuer

    def _register(self, queuer: PgQueuer, queries: Queries, job: Job) -> None:
        async def handle(queued: QueuedJob) -> None:
            await job.handler(self._database, queued.payload or b"")

        queuer.entrypoint(job.name, on_failure="hold", executor_factory=_retrying)(handle)
        if job.schedule is None:
            return

        # The clock only queues: so a scheduled job is retried, kept and counted like any other.
        async def fall_due(_: Schedule) -> None:
            await queries.enqueue([job.name], [b""], [0], [None], [job.name], on_conflict="skip")

        # What fell due while no server ran is made up for at the next start: so keep the old row.
        queuer.schedule(job.name, job.schedule, clean_old=False)(fall_due)


async def failed_jobs(connection: Connection, limit: int = 100) -> list[FailedJob]:
    """Return the jobs that were given up, newest first."""
    rows = await connection.fetch(
        """
        select id, entrypoint, attempts, updated from jobs.queue
         where status = 'failed' order by updated desc, id desc limit $1
        """,
        limit,
    )
    return [FailedJob(r["id"], r["entrypoint"], r["attempts"], r["updated"]) for r in rows]


async def count_jobs(connection: Connection) -> dict[str, int]:
    """Return how many jobs there are of each status: queued, picked, failed."""
    rows = await connection.fetch("select status::text, count(*) from jobs.queue group by 1")
    return {"queued": 0, "picked": 0, "failed": 0} | {row["status"]: row["count"] for row in rows}


async def retry_failed(connection: Connection, job: int) -> bool:
    """Queue a failed job again; say whether there was one."""
    return bool(
        await connection.fetchval(
            """
            update jobs.queue
               set status = 'queued', attempts = 0, execute_after = now(), updated = now(),
                   heartbeat = now(), queue_manager_id = null
             where id = $1 and status = 'failed'
            returning true
            """,
            job,
        )
    )


async def discard_failed(connection: Connection, job: int) -> bool:
    """Delete a failed job; say whether there was one."""
    return bool(
        await connection.fetchval(
            "delete from jobs.queue where id = $1 and status = 'failed' returning true", job
        )
    )


def kernel_jobs() -> list[Job]:
    """Return the kernel's own jobs."""
    return [
        Job("journal.partitions", _make_partitions, schedule="17 3 * * *"),
        Job("jobs.forget", _forget_log, schedule="37 3 * * *"),
    ]


async def _make_partitions(database: Database, _: bytes) -> None:
    async with database.transaction() as connection:
        await connection.execute("select journal.ensure_partitions(3)")


async def _forget_log(database: Database, _: bytes) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "delete from jobs.log where created < now() - $1::interval", KEEP_LOG
        )


async def _run(queuer: PgQueuer) -> None:
    try:
        await queuer.run(
            batch_size=BATCH,
            # New jobs are told by NOTIFY; one that was retried by hand is found by looking.
            dequeue_timeout=LOOK_AGAIN,
            max_concurrent_tasks=2 * BATCH,
            shutdown_on_listener_failure=True,
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnavailable(str(error)) from error


def _retrying(parameters: EntrypointExecutorParameters) -> AbstractEntrypointExecutor:
    return DatabaseRetryEntrypointExecutor(
        parameters=parameters,
        max_attempts=ATTEMPTS - 1,
        initial_delay=FIRST_RETRY,
        max_delay=LONGEST_RETRY,
    )
