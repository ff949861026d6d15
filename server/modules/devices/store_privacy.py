"""SQL of disclosure and erasure, one function a statement."""

from collections.abc import Sequence

from server.kernel.database import Connection
from server.kernel.personal import Cell


async def quarantined(connection: Connection, person: str) -> list[dict[str, Cell]]:
    """Return quarantined rows that name the person's id, as they came."""
    rows = await connection.fetch(
        """
        select id::text, received_at::text, reason, state, encode(raw, 'escape') as raw
          from devices.quarantine
         where position(convert_to($1::text, 'UTF8') in raw) > 0 order by received_at
        """,
        person,
    )
    return [dict(row) for row in rows]


async def count_waiting(connection: Connection, person: str) -> int:
    """Return how many rows that name the person wait for an admin."""
    return int(
        await connection.fetchval(
            "select count(*) from devices.quarantine where state = 'waiting'"
            " and position(convert_to($1::text, 'UTF8') in raw) > 0",
            person,
        )
    )


async def blank(connection: Connection, texts: Sequence[str]) -> None:
    """Forget what settled rows with any of these texts say; their digest keeps a repeat away."""
    await connection.execute(
        """
        update devices.quarantine q set raw = '{}'
         where state <> 'waiting'
           and exists (select from unnest($1::text[]) as t (text)
                        where position(convert_to(text, 'UTF8') in q.raw) > 0)
        """,
        texts,
    )
