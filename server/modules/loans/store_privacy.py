"""SQL of disclosure and erasure, one function a statement."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.kernel.database import Connection
from server.kernel.personal import Cell


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is on a person."""

    loans: int
    open_loans: int
    open_conflicts: int


async def count(connection: Connection, person: str) -> Counts:
    """Return how much there is on a person."""
    row = await connection.fetchrow(
        """
        select count(*) as loans, count(*) filter (where state = 'open') as open_loans,
               (select count(*) from loans.conflict
                 where person = $1 and state = 'open') as open_conflicts
          from loans.loan where person = $1
        """,
        person,
    )
    return Counts(**row) if row else Counts(0, 0, 0)


async def loans_of(connection: Connection, person: str) -> list[dict[str, Cell]]:
    """Return all loans of the person, newest first."""
    rows = await connection.fetch(
        """
        select l.id::text, i.code as item_code, i.name as item_name, l.state,
               l.borrowed_at::text, l.due_at::text, l.returned_at::text,
               a.name as lent_by, b.name as returned_by, l.cancel_reason
          from loans.loan l
          join loans.item i on i.id = l.item
          left join devices.agent a on a.id = l.lent_by
          left join devices.agent b on b.id = l.returned_by
         where l.person = $1 order by l.borrowed_at desc, l.id desc
        """,
        person,
    )
    return [dict(row) for row in rows]


async def conflicts_of(connection: Connection, person: str) -> list[dict[str, Cell]]:
    """Return all conflicts about the person, newest first."""
    rows = await connection.fetch(
        """
        select c.id::text, c.kind, i.code as item_code, i.name as item_name, c.at::text,
               c.state, c.resolution, c.note
          from loans.conflict c join loans.item i on i.id = c.item
         where c.person = $1 order by c.at desc, c.id desc
        """,
        person,
    )
    return [dict(row) for row in rows]


async def forget_words(connection: Connection, person: str) -> None:
    """Forget free texts about the person's loans: they may say anything."""
    await connection.execute(
        "update loans.loan set cancel_reason = '' where person = $1 and cancel_reason <> ''", person
    )
    await connection.execute(
        "update loans.conflict set note = '' where person = $1 and note <> ''", person
    )


async def forget_unknown_cards(connection: Connection, uids: Sequence[str]) -> None:
    """Forget that these cards were ever presented."""
    await connection.execute("delete from loans.unknown_card where uid = any($1)", uids)
