"""SQL that reads the sealed journal, one function a statement."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from contract.ids import JournalEpoch
from server.kernel.database import Connection
from server.kernel.journal_entry import Entry, Head

ENTRY = "e.id, e.at, e.actor, e.device, e.address, e.module, e.kind, e.subject, e.body"


async def read_entries(connection: Connection, after: int, limit: int) -> list[Entry]:
    """Return up to `limit` sealed entries beyond position `after`, in order."""
    # Lateral, so that each entry is looked up by its key. The usual answer is a few rows, but the
    # planner, who fears `limit` of them, would read the whole month for a hash join.
    rows = await connection.fetch(
        f"""
        select s.position, p.id as epoch, {ENTRY}
          from (select * from journal.seal where position > $1
                 order by position limit {limit:d}) s
          join journal.epoch p on p.number = s.epoch
         cross join lateral (select * from journal.entry
                              where at = s.at and seq = s.seq limit 1) e
         order by s.position
        """,
        after,
    )
    return [Entry(*entry_values(row)) for row in rows]


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


def entry_values(
    row: asyncpg.Record | Mapping[str, Any],
) -> tuple[
    int, JournalEpoch, str, datetime, str, str | None, str | None, str, str, str, msgspec.Raw
]:
    """Return the fields of an Entry from a row with `position`, `epoch` and ENTRY."""
    return (
        row["position"],
        JournalEpoch(row["epoch"]),
        row["id"],
        row["at"],
        row["actor"],
        row["device"],
        row["address"],
        row["module"],
        row["kind"],
        row["subject"],
        msgspec.Raw(row["body"].encode()),
    )
