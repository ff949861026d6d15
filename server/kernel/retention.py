"""Forgetting what nobody needs for ever."""

from collections.abc import Sequence

from server.kernel.database import Connection, Database
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


async def forget_answers(connection: Connection, texts: Sequence[str]) -> None:
    """Delete stored answers to POSTs that hold any of these texts, in the caller's transaction."""
    await connection.execute(
        """
        delete from kernel.idempotency i
         where exists (select from unnest($1::text[]) as t (text)
                        where position(convert_to(text, 'UTF8') in i.answer) > 0)
        """,
        texts,
    )
