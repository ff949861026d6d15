"""SQL of loans, unknown cards and conflicts as people look at them."""

from collections.abc import Sequence

import asyncpg

from contract.cards import CardUid, Technology, card_problem
from contract.ids import EventId, ItemId, LoanId, PersonId
from server.kernel.database import Connection
from server.modules.loans.model import (
    Conflict,
    ConflictKind,
    ConflictState,
    DayCount,
    Loan,
    LoanState,
    NamedCount,
    Summary,
    UnknownCard,
    UnknownState,
)

LOAN = """
    l.id, l.item, i.code as item_code, i.name as item_name, l.person, p.code as person_code,
    p.name as person_name, l.state, l.borrowed_at, l.borrowed_certain, l.due_at, l.returned_at,
    l.returned_certain, a.name as lent_by, b.name as returned_by, l.cancel_reason,
    l.state = 'open' and coalesce(l.due_at < now(), false) as overdue
"""
LOAN_JOINS = """
    join loans.item i on i.id = l.item
    join people.person p on p.id = l.person
    left join devices.agent a on a.id = l.lent_by
    left join devices.agent b on b.id = l.returned_by
"""


def loan_of(row: asyncpg.Record) -> Loan:
    """Return the loan of a row of LOAN."""
    return Loan(
        id=LoanId(row["id"]),
        item=ItemId(row["item"]),
        item_code=row["item_code"],
        item_name=row["item_name"],
        person=PersonId(row["person"]),
        person_code=row["person_code"],
        person_name=row["person_name"],
        state=LoanState(row["state"]),
        borrowed_at=row["borrowed_at"],
        borrowed_certain=row["borrowed_certain"],
        due_at=row["due_at"],
        returned_at=row["returned_at"],
        returned_certain=row["returned_certain"],
        lent_by=row["lent_by"],
        returned_by=row["returned_by"],
        cancel_reason=row["cancel_reason"],
        overdue=row["overdue"],
    )


async def loans_by_id(connection: Connection, ids: Sequence[str]) -> list[Loan]:
    """Return these loans, oldest first."""
    rows = await connection.fetch(
        f"select {LOAN} from loans.loan l {LOAN_JOINS} where l.id = any($1) order by l.borrowed_at",
        ids,
    )
    return [loan_of(row) for row in rows]


async def list_unknown(
    connection: Connection, *, state: str | None, after: tuple[str, str] | None, limit: int
) -> list[UnknownCard]:
    """Return cards that nobody knows, latest first."""
    rows = await connection.fetch(
        """
        select u.uid, u.technology, u.first_seen, u.last_seen, u.times, a.name as agent_name,
               u.state
          from loans.unknown_card u left join devices.agent a on a.id = u.agent
         where ($1::text is null or u.state = $1)
           and ($2::text is null or (u.last_seen, u.uid) < ($2::text::timestamptz, $3))
         order by u.last_seen desc, u.uid desc limit $4
        """,
        state,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [unknown_card(row) for row in rows]


def unknown_card(row: asyncpg.Record) -> UnknownCard:
    """Return the card, with the reason if it can never be registered."""
    uid, technology = CardUid(row["uid"]), Technology(row["technology"])
    return UnknownCard(
        uid=uid,
        technology=technology,
        problem=card_problem(uid, technology),
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        times=row["times"],
        agent_name=row["agent_name"],
        state=UnknownState(row["state"]),
    )


async def settle_unknown(
    connection: Connection, uid: str, state: UnknownState
) -> UnknownCard | None:
    """Take a card off the list. None: it never was on it."""
    row = await connection.fetchrow(
        """
        update loans.unknown_card u set state = $2 where uid = $1
        returning uid, technology, first_seen, last_seen, times, state,
                  (select name from devices.agent a where a.id = u.agent) as agent_name
        """,
        uid,
        state,
    )
    return unknown_card(row) if row else None


_CONFLICT = """
    select c.id, c.kind, c.item, i.code as item_code, i.name as item_name, c.person,
           p.name as person_name, c.fact, c.loan, c.other_loan, c.detail, c.at, c.opened_at,
           c.state, c.resolution, c.note, c.settled_by, c.settled_at
      from loans.conflict c join loans.item i on i.id = c.item
      left join people.person p on p.id = c.person
"""


async def list_conflicts(
    connection: Connection,
    *,
    state: str | None = None,
    ids: Sequence[str] | None = None,
    after: tuple[str, str] | None = None,
    limit: int,
) -> list[Conflict]:
    """Return conflicts, newest first, each with the loans that it is about."""
    rows = await connection.fetch(
        f"""
        {_CONFLICT}
         where ($1::text is null or c.state = $1)
           and ($2::uuid[] is null or c.id = any($2))
           and ($3::text is null or (c.opened_at, c.id) < ($3::text::timestamptz, $4::uuid))
         order by c.opened_at desc, c.id desc limit $5
        """,
        state,
        ids,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    wanted = {row[name] for row in rows for name in ("loan", "other_loan") if row[name]}
    loans = {loan.id: loan for loan in await loans_by_id(connection, sorted(wanted))}
    return [_conflict(row, loans) for row in rows]


def _conflict(row: asyncpg.Record, loans: dict[LoanId, Loan]) -> Conflict:
    concerned = [loans[row[name]] for name in ("loan", "other_loan") if row[name] in loans]
    return Conflict(
        id=row["id"],
        kind=ConflictKind(row["kind"]),
        item=ItemId(row["item"]),
        item_code=row["item_code"],
        item_name=row["item_name"],
        person=PersonId(row["person"]) if row["person"] else None,
        person_name=row["person_name"],
        fact=EventId(row["fact"]),
        detail=row["detail"],
        at=row["at"],
        opened_at=row["opened_at"],
        state=ConflictState(row["state"]),
        resolution=row["resolution"],
        note=row["note"],
        settled_by=row["settled_by"],
        settled_at=row["settled_at"],
        loans=tuple(sorted(concerned, key=lambda loan: loan.borrowed_at)),
    )


async def count_open_conflicts(connection: Connection) -> int:
    """Return how many conflicts wait for an admin."""
    return int(
        await connection.fetchval("select count(*) from loans.conflict where state = 'open'")
    )


async def note_conflict(connection: Connection, conflict: str, note: str) -> None:
    """Keep the admin's words with a settled conflict."""
    await connection.execute("update loans.conflict set note = $2 where id = $1", conflict, note)


async def summary(connection: Connection, zone: str) -> Summary:
    """Return the dashboard's figures; a day begins at midnight of the site's zone."""
    row = await connection.fetchrow(
        """
        with today as (select date_trunc('day', now(), $1) as begins)
        select (select count(*) from loans.loan where state = 'open') as out,
               (select count(*) from loans.loan where state = 'open' and due_at < now()) as overdue,
               (select count(*) from loans.item where status <> 'retired') as items,
               (select count(*) from people.person where status = 'active') as people,
               (select count(*) from loans.unknown_card where state = 'open') as unknown_cards,
               (select count(*) from loans.conflict where state = 'open') as conflicts,
               (select count(*) from loans.loan, today
                 where borrowed_at >= begins and state <> 'cancelled') as borrowed_today,
               (select count(*) from loans.loan, today where returned_at >= begins)
                   as returned_today
        """,
        zone,
    )
    assert row is not None
    categories = await connection.fetch(
        """
        select coalesce(c.name, '') as name, count(*)::int as count
          from loans.loan l join loans.item i on i.id = l.item
          left join loans.category c on c.id = i.category
         where l.state = 'open' group by c.name order by count desc, name limit 12
        """
    )
    days = await connection.fetch(
        """
        select to_char(day, 'YYYY-MM-DD') as day,
               (select count(*)::int from loans.loan
                 where borrowed_at >= day at time zone $1
                   and borrowed_at < (day + interval '1 day') at time zone $1
                   and state <> 'cancelled') as count
          from generate_series((now() at time zone $1)::date - 13,
                               (now() at time zone $1)::date, interval '1 day') as day
         order by day
        """,
        zone,
    )
    return Summary(
        **dict(row),
        out_by_category=[NamedCount(c["name"], c["count"]) for c in categories],
        busiest_days=[DayCount(d["day"], d["count"]) for d in days],
    )
