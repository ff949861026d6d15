"""SQL of the ledger: load what a batch of facts touches, write what they changed.

One statement each, whatever the size of the batch: ten thousand waiting taps are a few round trips.
"""

from collections.abc import Iterable, Sequence

import asyncpg

from contract.ids import EventId, ItemId, LoanId, PersonId
from contract.replica import ItemStatus, PersonStatus
from server.kernel.database import Connection
from server.modules.loans.model import ConflictKind, LoanState, Resolution
from server.modules.loans.rules import ConflictRow, ItemLine, Ledger, LoanRow, PersonLine

_LOAN = """
    id, item, person, state, borrowed_at, borrowed_certain, lent_by, due_at, returned_at,
    returned_certain, return_fact, returned_by, cancel_reason
"""


def _loan(row: asyncpg.Record) -> LoanRow:
    return LoanRow(
        id=LoanId(row["id"]),
        item=ItemId(row["item"]),
        person=PersonId(row["person"]),
        state=LoanState(row["state"]),
        borrowed_at=row["borrowed_at"],
        borrowed_certain=row["borrowed_certain"],
        lent_by=row["lent_by"],
        due_at=row["due_at"],
        returned_at=row["returned_at"],
        returned_certain=row["returned_certain"],
        return_fact=EventId(row["return_fact"]) if row["return_fact"] else None,
        returned_by=row["returned_by"],
        cancel_reason=row["cancel_reason"],
    )


async def load(
    connection: Connection,
    *,
    items: Iterable[str],
    persons: Iterable[str],
    loans: Iterable[str],
    facts: Iterable[str],
    cards: Iterable[str],
) -> Ledger:
    """Return a ledger with these rows; `facts` are those that may be undone.

    The items are locked in order of id, so that two batches never wait for each other in a ring;
    whoever holds an item's row decides alone who has it.
    """
    ledger = Ledger()
    facts = list(facts)
    # Items of the loans that are named only through a loan or a fact must be locked as well.
    named = await connection.fetch(
        """
        select item from loans.loan where id = any($1) or return_fact = any($2)
        union
        select item from loans.conflict where fact = any($2)
        """,
        [*loans, *facts],
        facts,
    )
    wanted = sorted({*items, *(row["item"] for row in named)})
    for row in await connection.fetch(
        """
        select i.id, i.code, i.name, i.status, c.loan_days, i.moved_at, i.last_loan, i.version
          from loans.item i left join loans.category c on c.id = i.category
         where i.id = any($1)
         order by i.id
           for no key update of i
        """,
        wanted,
    ):
        item = ItemId(row["id"])
        ledger.items[item] = ItemLine(
            id=item,
            code=row["code"],
            name=row["name"],
            status=ItemStatus(row["status"]),
            loan_days=row["loan_days"],
            moved_at=row["moved_at"],
            last_loan=row["last_loan"],
            version=row["version"],
        )
    last = [line.last_loan for line in ledger.items.values() if line.last_loan]
    for row in await connection.fetch(
        f"""
        select {_LOAN} from loans.loan where id = any($1)
        union
        select {_LOAN} from loans.loan where item = any($2) and state = 'open'
        union
        select {_LOAN} from loans.loan where return_fact = any($3)
        """,
        [*loans, *facts, *last],
        wanted,
        facts,
    ):
        ledger.load(_loan(row))
    await _load_conflicts(connection, ledger, facts)
    people = {*persons, *(loan.person for loan in ledger.loans.values())}
    # Held as the loan's foreign key will hold them: nobody is erased between name and entry.
    for row in await connection.fetch(
        "select id, name, status from people.person where id = any($1) order by id for key share",
        sorted(people),
    ):
        person = PersonId(row["id"])
        ledger.persons[person] = PersonLine(person, row["name"], PersonStatus(row["status"]))
    blocked = await connection.fetch(
        "select uid from people.card where uid = any($1) and blocked_at is not null", list(cards)
    )
    ledger.blocked_cards = frozenset(row["uid"] for row in blocked)
    return ledger


async def _load_conflicts(connection: Connection, ledger: Ledger, facts: Sequence[str]) -> None:
    rows = await connection.fetch(
        """
        select id, kind, item, person, fact, loan, other_loan, at, detail, resolution
          from loans.conflict
         where (state = 'open' and (loan = any($1) or other_loan = any($1))) or fact = any($2)
        """,
        list(ledger.loans),
        facts,
    )
    for row in rows:
        ledger.conflicts[row["id"]] = conflict_row(row)
    missing = {
        loan
        for conflict in ledger.conflicts.values()
        for loan in (conflict.loan, conflict.other)
        if loan is not None and loan not in ledger.loans
    }
    if missing:
        for row in await connection.fetch(
            f"select {_LOAN} from loans.loan where id = any($1)", sorted(missing)
        ):
            ledger.load(_loan(row))


def conflict_row(row: asyncpg.Record) -> ConflictRow:
    """Return the conflict as the ledger changes it."""
    return ConflictRow(
        id=row["id"],
        kind=ConflictKind(row["kind"]),
        item=ItemId(row["item"]),
        person=PersonId(row["person"]) if row["person"] else None,
        fact=EventId(row["fact"]),
        loan=LoanId(row["loan"]) if row["loan"] else None,
        other=LoanId(row["other_loan"]) if row["other_loan"] else None,
        at=row["at"],
        detail=row["detail"],
        resolution=Resolution(row["resolution"]) if row["resolution"] else None,
    )


async def write(connection: Connection, ledger: Ledger, settled_by: str) -> None:
    """Write everything that the facts changed."""
    old = [ledger.loans[i] for i in ledger.touched_loans if i not in ledger.new_loans]
    # First free the items, then take them: the unique index is checked row by row.
    await _update_loans(connection, [loan for loan in old if loan.state is not LoanState.OPEN])
    await _update_loans(connection, [loan for loan in old if loan.state is LoanState.OPEN])
    await _insert_loans(connection, [ledger.loans[i] for i in ledger.new_loans])
    await _update_items(connection, [ledger.items[i] for i in ledger.touched_items])
    await _insert_conflicts(connection, [ledger.conflicts[i] for i in ledger.new_conflicts])
    await _settle_conflicts(connection, [ledger.conflicts[i] for i in ledger.settled], settled_by)


async def _update_loans(connection: Connection, loans: Sequence[LoanRow]) -> None:
    if loans:
        await connection.execute(
            """
            update loans.loan l
               set state = n.state, returned_at = n.returned_at,
                   returned_certain = n.returned_certain, return_fact = n.return_fact,
                   returned_by = n.returned_by, cancel_reason = n.cancel_reason
              from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::boolean[], $5::uuid[],
                          $6::uuid[], $7::text[])
                   as n (id, state, returned_at, returned_certain, return_fact, returned_by,
                         cancel_reason)
             where l.id = n.id
            """,
            [loan.id for loan in loans],
            [loan.state.value for loan in loans],
            [loan.returned_at for loan in loans],
            [loan.returned_certain for loan in loans],
            [loan.return_fact for loan in loans],
            [loan.returned_by for loan in loans],
            [loan.cancel_reason for loan in loans],
        )


async def _insert_loans(connection: Connection, loans: Sequence[LoanRow]) -> None:
    if loans:
        await connection.execute(
            """
            insert into loans.loan
                   (id, item, person, state, borrowed_at, borrowed_certain, lent_by, due_at,
                    returned_at, returned_certain, return_fact, returned_by, cancel_reason)
            select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[],
                   $5::timestamptz[], $6::boolean[], $7::uuid[], $8::timestamptz[],
                   $9::timestamptz[], $10::boolean[], $11::uuid[], $12::uuid[], $13::text[])
            """,
            [loan.id for loan in loans],
            [loan.item for loan in loans],
            [loan.person for loan in loans],
            [loan.state.value for loan in loans],
            [loan.borrowed_at for loan in loans],
            [loan.borrowed_certain for loan in loans],
            [loan.lent_by for loan in loans],
            [loan.due_at for loan in loans],
            [loan.returned_at for loan in loans],
            [loan.returned_certain for loan in loans],
            [loan.return_fact for loan in loans],
            [loan.returned_by for loan in loans],
            [loan.cancel_reason for loan in loans],
        )


async def _update_items(connection: Connection, items: Sequence[ItemLine]) -> None:
    if items:
        for item in items:
            item.version += 1
        await connection.execute(
            """
            update loans.item i
               set moved_at = n.moved_at, last_loan = n.last_loan, version = n.version
              from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::integer[])
                   as n (id, moved_at, last_loan, version)
             where i.id = n.id
            """,
            [item.id for item in items],
            [item.moved_at for item in items],
            [item.last_loan for item in items],
            [item.version for item in items],
        )


async def _insert_conflicts(connection: Connection, conflicts: Sequence[ConflictRow]) -> None:
    if conflicts:
        await connection.execute(
            """
            insert into loans.conflict
                   (id, kind, item, person, fact, loan, other_loan, at, detail)
            select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[],
                   $6::uuid[], $7::uuid[], $8::timestamptz[], $9::text[])
            """,
            [c.id for c in conflicts],
            [c.kind.value for c in conflicts],
            [c.item for c in conflicts],
            [c.person for c in conflicts],
            [c.fact for c in conflicts],
            [c.loan for c in conflicts],
            [c.other for c in conflicts],
            [c.at for c in conflicts],
            [c.detail for c in conflicts],
        )


async def _settle_conflicts(
    connection: Connection, conflicts: Sequence[ConflictRow], settled_by: str
) -> None:
    if conflicts:
        await connection.execute(
            """
            update loans.conflict c
               set state = 'settled', resolution = n.resolution, settled_by = $3,
                   settled_at = now()
              from unnest($1::uuid[], $2::text[]) as n (id, resolution)
             where c.id = n.id and c.state = 'open'
            """,
            [c.id for c in conflicts],
            [c.resolution.value if c.resolution else "" for c in conflicts],
            settled_by,
        )


async def note_unknown_cards(
    connection: Connection,
    cards: Sequence[tuple[str, str, object, str | None]],
) -> list[tuple[str, str, str]]:
    """Count presentations (uid, technology, at, agent) of cards that are still nobody's.

    Returns (uid, technology, state) of the cards that came to the list or came back to it.
    """
    if not cards:
        return []
    rows = await connection.fetch(
        """
        insert into loans.unknown_card as u
               (uid, technology, first_seen, last_seen, times, agent)
        select n.uid, (array_agg(n.technology))[1], min(n.at), max(n.at), count(*),
               (array_agg(n.agent))[1]
          from unnest($1::text[], $2::text[], $3::timestamptz[], $4::uuid[])
               as n (uid, technology, at, agent)
         where not exists (select from people.card c where c.uid = n.uid)
         group by n.uid
         order by n.uid
            on conflict (uid) do update
               set last_seen = greatest(u.last_seen, excluded.last_seen),
                   times = u.times + excluded.times, agent = excluded.agent,
                   -- A card that was registered and removed since is unknown again.
                   state = case u.state when 'registered' then 'open' else u.state end
        returning uid, technology, state
        """,
        [card[0] for card in cards],
        [card[1] for card in cards],
        [card[2] for card in cards],
        [card[3] for card in cards],
    )
    return [(row["uid"], row["technology"], row["state"]) for row in rows]
