"""Forgetting what nobody needs for ever."""

from server.kernel.database import Database
from server.kernel.jobs import Job


def retention_job(*, idempotency_hours: int) -> Job:
    """Return the job that deletes stored answers to POSTs.

    A repeat that comes later than this is a new request.
    """

    async def forget(database: Database, _: bytes) -> None:
        async with database.transaction() as connection:
            await connection.execute(
                "delete from kernel.idempotency where at < now() - make_interval(hours => $1)",
                idempotency_hours,
            )

    return Job("idempotency.forget", forget, schedule="7 * * * *")
