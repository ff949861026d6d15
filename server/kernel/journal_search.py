"""Searching the sealed journal, newest first, in steps that cost the same however long it is.

Without a filter, and for a text alone, the order is that of the positions. Entries of one subject,
kind, actor or module come in the order of insertion, in which an index has them. The two orders
agree wherever entries tell of the same thing (sealing.py).

What no index finds is looked for in windows. A search that has looked at all of them and found
less than a page says where the next one goes on: `Found.next`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from server.kernel.database import Connection
from server.kernel.journal_entry import AuditEntry, Found
from server.kernel.journal_reading import COLUMNS, values

# Entries that one search looks at where no index answers; small windows first, for what is common.
WINDOWS = (500, 4_000, 15_500)
_BIGINT = 2**63 - 1

# The one that leads picks its entries by an index; the others only filter. Best first.
_LEADING = {
    "subject": "e.subject = {}",  # entry_by_subject
    "kind": "e.kind = {}",  # entry_by_kind
    "actor": "hashtext(e.actor) = hashtext({0}) and e.actor = {0}",  # entry_by_actor
    "module": "e.module = {}",  # entry_by_module
}
_TEXT = "strpos(lower(concat_ws(' ', e.subject, e.actor, e.body)), lower({})) > 0"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to search for; an empty value filters nothing. `text` is looked for whatever its case,
    in subject, actor and body."""

    subject: str = ""
    kind: str = ""
    actor: str = ""
    module: str = ""
    text: str = ""


async def search_entries(
    connection: Connection, wanted: Wanted, *, before: int | None, limit: int
) -> Found:
    """Return up to `limit` entries that come before position `before`."""
    named = [name for name in _LEADING if getattr(wanted, name)]
    if not named and not wanted.text:
        return await _newest(connection, before, limit)
    if not named:
        return await _newest_with(connection, wanted.text, before, limit)
    return await _led_by(connection, named[0], wanted, before, limit)


async def _newest(connection: Connection, before: int | None, limit: int) -> Found:
    seals = await connection.fetch(
        f"""
        select s.position, s.at, s.seq, s.hash, p.id as epoch
          from (select * from journal.seal where position < $1
                 order by position desc limit {limit + 1:d}) s
          join journal.epoch p on p.number = s.epoch
         order by s.position desc
        """,
        before or _BIGINT,
    )
    # In a statement of its own, which is planned for the months that these times name.
    entries = await connection.fetch(
        """
        select e.at, e.seq, e.id, e.actor, e.device, e.module, e.kind, e.subject, e.body
          from journal.entry e where e.at = any($1) and e.seq = any($2)
        """,
        [seal["at"] for seal in seals],
        [seal["seq"] for seal in seals],
    )
    by_seq = {entry["seq"]: entry for entry in entries}
    rows = [dict(by_seq[seal["seq"]]) | dict(seal) for seal in seals if seal["seq"] in by_seq]
    return _page(rows, limit)
