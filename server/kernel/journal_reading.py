"""SQL that reads the sealed journal, one function a statement."""

from datetime import datetime

import asyncpg
import msgspec

from contract.ids import JournalEpoch
from server.kernel.database import Connection
from server.kernel.journal_entry import AuditEntry, Entry, Head

_COLUMNS = """
    s.position, p.id as epoch, e.id, e.at, e.actor, e.device, e.module, e.kind, e.subject, e.body
"""


async def read_entries(connection: Connection, after: int, limit: int) -> list[Entry]:
    """Return up to `limit` sealed entries beyond position `after`, in order."""
    rows = await connection.fetch(
        f"""
        select {_COLUMNS}
          from journal.seal s
          join journal.epoch p on p.number = s.epoch
          join journal.entry e on e.at = s.at and e.seq = s.seq
         where s.position > $1
         order by s.position
         limit $2
        """,
        after,
        limit,
    )
    return [Entry(*_values(row)) for row in rows]


async def search_entries(
    connection: Connection,
    *,
    before: int | None,
    limit: int,
    module: str | None,
    kind: str | None,
    subject: str | None,
    actor: str | None,
    text: str | None,
) -> list[AuditEntry]:
    """Return sealed entries below position `before`, newest first; None or '' filters nothing."""
    rows = await connection.fetch(
        f"""
        select {_COLUMNS}, encode(s.hash, 'hex') as hash
          from journal.seal s
          join journal.epoch p on p.number = s.epoch
          join journal.entry e on e.at = s.at and e.seq = s.seq
         where ($1::bigint is null or s.position < $1)
           and ($2::text is null or e.module = $2)
           and ($3::text is null or e.kind = $3)
           and ($4::text is null or e.subject = $4)
           and ($5::text is null or e.actor = $5)
           and ($6::text is null
                or strpos(lower(concat_ws(' ', e.subject, e.actor, e.body)), lower($6)) > 0)
         order by s.position desc
         limit $7
        """,
        before,
        module or None,
        kind or None,
        subject or None,
        actor or None,
        text or None,
        limit,
    )
    return [AuditEntry(*_values(row), row["hash"]) for row in rows]


async def read_head(connection: Connection) -> Head:
    """Return the epoch and position of the last sealed entry."""
    row = await connection.fetchrow(
        "select p.id, s.position from journal.sealed s join journal.epoch p on p.number = s.epoch"
    )
    assert row is not None, "the migration makes the one row of journal.sealed"
    return Head(JournalEpoch(row["id"]), row["position"])


async def read_continues(connection: Connection, epoch: str, position: int) -> bool:
    """Say whether `position` of this epoch belongs to the history that this database holds."""
    last = await connection.fetchval(
        """
        select coalesce(
                   (select first_position - 1 from journal.epoch n where n.number = p.number + 1),
                   (select s.position from journal.sealed s)
               )
          from journal.epoch p
         where p.id::text = $1
        """,
        epoch,
    )
    return last is not None and 0 <= position <= last


def _values(
    row: asyncpg.Record,
) -> tuple[int, JournalEpoch, str, datetime, str, str | None, str, str, str, msgspec.Raw]:
    return (
        row["position"],
        JournalEpoch(row["epoch"]),
        row["id"],
        row["at"],
        row["actor"],
        row["device"],
        row["module"],
        row["kind"],
        row["subject"],
        msgspec.Raw(row["body"].encode()),
    )
