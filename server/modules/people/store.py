"""SQL of persons and cards, one function a statement."""

from collections.abc import Mapping, Sequence

import asyncpg

from contract.cards import CardUid, Technology
from contract.ids import PersonId
from contract.replica import PersonStatus
from server.kernel.database import Connection
from server.modules.people.model import Card, CardKind, Person, PersonCard, PersonDraft
from server.modules.people.text import fold, like

_PERSON = """
    id, code, name, reading, department, section, status, notes, version, created_at, updated_at,
    erased_at is not null as erased
"""


def _person(row: asyncpg.Record, cards: tuple[PersonCard, ...] = ()) -> Person:
    return Person(
        id=PersonId(row["id"]),
        code=row["code"],
        name=row["name"],
        reading=row["reading"],
        department=row["department"],
        section=row["section"],
        status=PersonStatus(row["status"]),
        notes=row["notes"],
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        cards=cards,
        erased=row["erased"],
    )


async def with_cards(connection: Connection, rows: Sequence[asyncpg.Record]) -> list[Person]:
    """Return the persons of these rows, each with their cards."""
    cards: dict[str, list[PersonCard]] = {}
    for card in await connection.fetch(
        "select uid, technology, person, blocked_at is not null as blocked from people.card"
        " where person = any($1) order by registered_at, uid",
        [row["id"] for row in rows],
    ):
        cards.setdefault(card["person"], []).append(
            PersonCard(CardUid(card["uid"]), Technology(card["technology"]), card["blocked"])
        )
    return [_person(row, tuple(cards.get(row["id"], ()))) for row in rows]


async def list_persons(
    connection: Connection,
    *,
    search: str = "",
    status: str | None = None,
    department: str | None = None,
    after: tuple[str, str] | None = None,
    limit: int,
) -> list[Person]:
    """Return persons in order of reading (index person_by_reading)."""
    rows = await connection.fetch(
        f"""
        select {_PERSON} from people.person
         where erased_at is null and ($1 = '' or folded like $2)
           and ($3::text is null or status = $3)
           and ($4::text is null or department = $4)
           and ($5::text is null or (reading collate "C", id) > ($5 collate "C", $6::uuid))
         order by reading collate "C", id
         limit $7
        """,
        search.strip(),
        like(search),
        status,
        department,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return await with_cards(connection, rows)


async def count_persons(
    connection: Connection, *, search: str, status: str | None, department: str | None
) -> int:
    """Return how many persons the filters leave."""
    return int(
        await connection.fetchval(
            """
            select count(*) from people.person
             where erased_at is null and ($1 = '' or folded like $2)
               and ($3::text is null or status = $3)
               and ($4::text is null or department = $4)
            """,
            search.strip(),
            like(search),
            status,
            department,
        )
    )


async def persons_by_id(
    connection: Connection, ids: Sequence[str], *, lock: bool = False
) -> list[Person]:
    """Return these persons, in order of id; `lock` holds them until the transaction ends."""
    rows = await connection.fetch(
        f"select {_PERSON} from people.person where id = any($1) order by id"
        + (" for no key update" if lock else ""),
        ids,
    )
    return await with_cards(connection, rows)


async def persons_by_code(connection: Connection, codes: Sequence[str]) -> dict[str, Person]:
    """Return these persons by code, held until the transaction ends."""
    rows = await connection.fetch(
        f"select {_PERSON} from people.person where code = any($1) order by id for no key update",
        codes,
    )
    return {row["code"]: _person(row) for row in rows}


async def all_persons(connection: Connection, *, after: str | None, limit: int) -> list[Person]:
    """Return persons in order of id, for the replicas."""
    rows = await connection.fetch(
        f"select {_PERSON} from people.person where ($1::uuid is null or id > $1)"
        " order by id limit $2",
        after,
        limit,
    )
    return await with_cards(connection, rows)


async def insert_person(connection: Connection, person: PersonId, draft: PersonDraft) -> None:
    """Insert one person. Raises asyncpg.UniqueViolationError (person_code)."""
    await connection.execute(
        """
        insert into people.person
               (id, code, name, reading, department, section, status, notes, folded)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        person,
        draft.code,
        draft.name,
        draft.reading,
        draft.department,
        draft.section,
        draft.status,
        draft.notes,
        fold(draft.code, draft.name, draft.reading, draft.department, draft.section),
    )


async def update_person(connection: Connection, person: Person) -> None:
    """Write the person's fields and raise the version."""
    await connection.execute(
        """
        update people.person
           set code = $2, name = $3, reading = $4, department = $5, section = $6, status = $7,
               notes = $8, folded = $9, version = version + 1, updated_at = now()
         where id = $1
        """,
        person.id,
        person.code,
        person.name,
        person.reading,
        person.department,
        person.section,
        person.status,
        person.notes,
        fold(person.code, person.name, person.reading, person.department, person.section),
    )


async def raise_version(connection: Connection, person: str) -> None:
    """Mark the person as changed: their cards did."""
    await connection.execute(
        "update people.person set version = version + 1, updated_at = now() where id = $1", person
    )


async def departments(connection: Connection) -> list[str]:
    """Return the departments in use."""
    return [
        row["department"]
        for row in await connection.fetch(
            "select distinct department from people.person where department <> '' order by 1"
        )
    ]


_CARD = """
    c.uid, c.technology, c.kind, c.person, c.blocked_at, c.block_reason, c.registered_at,
    p.code, p.name
"""


def _card(row: asyncpg.Record) -> Card:
    return Card(
        uid=CardUid(row["uid"]),
        technology=Technology(row["technology"]),
        kind=CardKind(row["kind"]),
        blocked=row["blocked_at"] is not None,
        blocked_at=row["blocked_at"],
        block_reason=row["block_reason"],
        registered_at=row["registered_at"],
        holder_id=row["person"] or "",
        holder_code=row["code"] or "",
        holder_name=row["name"] or "",
    )


async def list_cards(
    connection: Connection,
    *,
    search: str,
    also: Sequence[str],
    kind: str | None,
    blocked: bool | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Card]:
    """Return cards, newest first; `also` are UIDs whose items match the search."""
    rows = await connection.fetch(
        f"""
        select {_CARD} from people.card c left join people.person p on p.id = c.person
         where ($1 = '' or c.uid like $2 or p.folded like $3 or c.uid = any($4))
           and ($5::text is null or c.kind = $5)
           and ($6::boolean is null or (c.blocked_at is not null) = $6)
           and ($7::text is null or (c.registered_at, c.uid) < ($7::text::timestamptz, $8))
         order by c.registered_at desc, c.uid desc
         limit $9
        """,
        search.strip(),
        f"%{_hex_only(search)}%",
        like(search),
        also,
        kind,
        blocked,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_card(row) for row in rows]


async def card_by_uid(connection: Connection, uid: str) -> Card | None:
    """Return one card, held until the transaction ends."""
    row = await connection.fetchrow(
        f"select {_CARD} from people.card c left join people.person p on p.id = c.person"
        " where c.uid = $1 for update of c",
        uid,
    )
    return _card(row) if row else None


async def blocked_among(connection: Connection, uids: Sequence[str]) -> Mapping[str, bool]:
    """Return the blocked ones of these cards."""
    rows = await connection.fetch(
        "select uid from people.card where uid = any($1) and blocked_at is not null", uids
    )
    return {row["uid"]: True for row in rows}


async def insert_card(
    connection: Connection, uid: CardUid, technology: Technology, person: str | None
) -> None:
    """Insert one card. Raises asyncpg.UniqueViolationError (card_uid)."""
    await connection.execute(
        "insert into people.card (uid, technology, kind, person) values ($1, $2, $3, $4)",
        uid,
        technology,
        CardKind.ITEM if person is None else CardKind.PERSON,
        person,
    )


async def set_blocked(connection: Connection, uid: str, *, reason: str | None) -> None:
    """Block the card for this reason, or unblock it (None)."""
    await connection.execute(
        """
        update people.card
           set blocked_at = case when $2::text is null then null else now() end,
               block_reason = coalesce($2, '')
         where uid = $1
        """,
        uid,
        reason,
    )


async def delete_card(connection: Connection, uid: str) -> None:
    """Forget a card; whoever holds it is unknown from now on."""
    await connection.execute("delete from people.card where uid = $1", uid)


def _hex_only(search: str) -> str:
    kept = "".join(c for c in search.upper() if c in "0123456789ABCDEF")
    return kept if len(kept) >= 2 else "-"
