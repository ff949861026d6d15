"""SQL of disclosure and erasure, one function a statement."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from server.kernel.database import Connection
from server.kernel.personal import Cell


async def cards_ever(connection: Connection, person: str) -> list[str]:
    """Return the UIDs of the person's cards, also of those that the journal alone remembers."""
    rows = await connection.fetch(
        """
        select uid from people.card where person = $1::uuid
        union
        select subject from journal.entry
         where module = 'people' and kind like 'people.card\\_%'
           and body ->> 'holder' = $1::uuid::text
        """,
        person,
    )
    return [row["uid"] for row in rows]


async def cards_of(connection: Connection, person: str) -> list[dict[str, Cell]]:
    """Return the person's cards with all that is kept of them."""
    rows = await connection.fetch(
        """
        select uid, technology, blocked_at::text, block_reason, registered_at::text
          from people.card where person = $1 order by registered_at, uid
        """,
        person,
    )
    return [dict(row) for row in rows]


async def hold(connection: Connection, person: str) -> bool:
    """Hold the person's row against everybody until the transaction ends; say if it can be erased.

    Whoever lends to the person holds the row as well: no entry with the old name comes after.
    """
    return bool(
        await connection.fetchval(
            "select erased_at is null from people.person where id = $1 for update", person
        )
    )


async def delete_cards(connection: Connection, person: str) -> None:
    """Forget all cards of the person."""
    await connection.execute("delete from people.card where person = $1", person)


async def pseudonymise(connection: Connection, person: str, code: str, name: str) -> None:
    """Forget who the person was; the row stays for the loans that refer to it."""
    await connection.execute(
        """
        update people.person
           set code = $2, name = $3, reading = '', department = '', section = '', notes = '',
               status = 'left', folded = '', version = version + 1, updated_at = now(),
               erased_at = now()
         where id = $1
        """,
        person,
        code,
        name,
    )


@dataclass(frozen=True, slots=True)
class Pending:
    """An erasure whose entries are still to be redacted."""

    handles: tuple[str, ...]
    code: str
    name: str
    by: str
    entry_seen: bool  # its own entry is sealed, so all before it are


async def insert_erasure(
    connection: Connection, person: str, handles: Sequence[str], code: str, name: str, by: str
) -> None:
    """Keep what the journal must be searched for, until that is done."""
    await connection.execute(
        "insert into people.erasure (person, handles, code, name, asked_by)"
        " values ($1, $2, $3, $4, $5)",
        person,
        msgspec.json.encode(handles).decode(),
        code,
        name,
        by,
    )


async def pending(connection: Connection, person: str, kind: str) -> Pending | None:
    """Return an erasure that is not through; `kind` is that of its own entry."""
    row = await connection.fetchrow(
        """
        select handles, code, name, asked_by,
               exists (select from journal.entry e join journal.seal s using (seq)
                        where e.subject = $1::uuid::text and e.kind = $2) as seen
          from people.erasure where person = $1::uuid and redacted_at is null
        """,
        person,
        kind,
    )
    if row is None:
        return None
    handles = msgspec.json.decode(row["handles"], type=tuple[str, ...])
    return Pending(handles, row["code"], row["name"], row["asked_by"], row["seen"])


async def finish(connection: Connection, person: str) -> None:
    """Forget also what the journal was searched for."""
    await connection.execute(
        "update people.erasure set handles = '[]', redacted_at = now() where person = $1", person
    )


async def unfinished(connection: Connection) -> int:
    """Return how many erasures wait for longer than an hour."""
    return int(
        await connection.fetchval(
            "select count(*) from people.erasure"
            " where redacted_at is null and asked_at < now() - interval '1 hour'"
        )
    )
