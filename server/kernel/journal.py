"""The journal: one append-only log, written in the transaction of the change it tells of.

Readers follow positions, which the sealer gives (sealer.py): dense, in commit-safe order. How and
why: docs/journal.md.
"""

from collections.abc import AsyncGenerator, Sequence

import msgspec

from contract.ids import new_id
from server.kernel.database import Connection, Database
from server.kernel.journal_entry import (
    AuditEntry,
    Entry,
    Found,
    Head,
    JournalRewound,
    NewEntry,
    Reaction,
)
from server.kernel.journal_reading import (
    read_continues,
    read_entries,
    read_head,
)
from server.kernel.journal_search import search_entries
from server.kernel.journal_tail import Tail
from server.kernel.journal_wanted import Wanted

__all__ = [
    "APPENDED",
    "AuditEntry",
    "Entry",
    "Found",
    "Head",
    "Journal",
    "JournalRewound",
    "NewEntry",
    "Reaction",
    "Wanted",
    "come_from",
]

APPENDED = "journal_appended"


async def come_from(connection: Connection, address: str) -> None:
    """Say from where this transaction's entries come; it is forgotten with the transaction.

    Kept by Postgres beside the transaction, so that no command has to hand it on.
    """
    await connection.execute("select set_config('genba.address', $1, true)", address)


class Journal:
    """Writes entries, reads sealed ones, follows them."""

    def __init__(self, database: Database) -> None:
        self.tail = Tail(database)

    async def append(
        self, connection: Connection, entries: Sequence[NewEntry], *, address: str | None = None
    ) -> None:
        """Write the entries, in this order, in the caller's transaction.

        `address` is where they come from; without it, what `come_from` said of the transaction.
        """
        if not entries:
            return
        # The cluster is named by each writer: after a restore nobody may have told the pool yet.
        await connection.execute(
            """
            with written as (
                insert into journal.entry
                       (origin, id, actor, device, address, module, kind, subject, body)
                select (select system_identifier from pg_control_system()),
                       id, actor, device,
                       coalesce($9, nullif(current_setting('genba.address', true), '')),
                       module, kind, subject, body::json
                  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[],
                              $6::text[], $7::text[])
                       with ordinality as new (id, actor, device, module, kind, subject, body, nth)
                 order by nth
            )
            select pg_notify($8, '')
            """,
            [new_id() for _ in entries],
            [entry.actor for entry in entries],
            [entry.device for entry in entries],
            [entry.module for entry in entries],
            [entry.kind for entry in entries],
            [entry.subject for entry in entries],
            [entry.body.decode() for entry in entries],
            APPENDED,
            address,
        )

    async def tell(
        self,
        connection: Connection,
        actor: str,
        kind: str,
        subject: str,
        body: msgspec.Struct,
        *,
        device: str | None = None,
        address: str | None = None,
    ) -> None:
        """Write one entry, in the caller's transaction, of the module that the kind names."""
        module = kind.partition(".")[0]
        entry = NewEntry(actor, module, kind, subject, msgspec.json.encode(body), device)
        await self.append(connection, [entry], address=address)

    async def read(self, connection: Connection, after: int, limit: int = 500) -> list[Entry]:
        """Return up to `limit` sealed entries beyond position `after`, in order."""
        return await read_entries(connection, after, limit)

    async def search(
        self,
        connection: Connection,
        wanted: Wanted,
        *,
        before: int | None = None,
        limit: int = 50,
    ) -> Found:
        """Return up to `limit` sealed entries that come before position `before`, newest first."""
        return await search_entries(connection, wanted, before=before, limit=limit)

    async def head(self, connection: Connection) -> Head:
        """Return the epoch and position of the last sealed entry."""
        return await read_head(connection)

    async def continues(self, connection: Connection, epoch: str, position: int) -> bool:
        """Say whether a reader that has everything up to there can simply read on.

        False when the position is ahead of the journal, or was given elsewhere after the copy
        from which this database was restored: such a reader must load everything anew.
        """
        return await read_continues(connection, epoch, position)

    def follow(self, after: int) -> AsyncGenerator[list[Entry], None]:
        """Yield sealed entries beyond `after` in batches, as they come: no hole, no repeat.

        Needs `tail.run()` running. Raises JournalRewound when the database was exchanged for an
        older copy; outages of Postgres are waited out.
        """
        return self.tail.follow(after)
