"""Searching the sealed journal, newest first, in steps that cost the same however long it is.

Without a filter, and for a text alone, entries come in the order of their positions. Those of one
subject, kind, actor or module come in the order of insertion, in which an index has them; the two
orders agree on entries that tell of the same thing (sealing.py).

What no index finds is looked for in windows. A search that has looked through all of them and
found less than a page says where the next one goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from server.kernel.database import Connection
from server.kernel.journal_entry import AuditEntry, Found
from server.kernel.journal_reading import ENTRY, entry_values
from server.kernel.journal_wanted import Wanted

# Entries that one search looks through where no index answers; few at first, for what is common.
WINDOWS = (500, 4_000, 15_500)

_BEYOND = 2**63 - 1  # any position

_AUDIT = f"s.position, p.id as epoch, encode(s.hash, 'hex') as hash, {ENTRY}"
# What entries can be picked by: a column, and what an index has of it, each followed by `seq`.
_SEALED = """
    cross join lateral (select * from journal.seal where seq = e.seq limit 1) s
    cross join lateral (select id from journal.epoch where number = s.epoch limit 1) p
"""
_PICKS = {
    "subject": "{0}",
    "kind": "{0}",
    "actor": "hashtext({0})",
    "module": "{0}",
}
# How far an entry's time may be out of the order of insertion: transactions, and a clock set right.
_SLACK = timedelta(days=1)


async def search_entries(
    connection: Connection, wanted: Wanted, *, before: int | None, limit: int
) -> Found:
    """Return up to `limit` entries that come before position `before`."""
    columns = [column for column in _PICKS if getattr(wanted, column)]
    span = await _span(connection, wanted)
    if columns:
        return await _picked(connection, wanted, columns, before, limit, span)
    if wanted.conditions(1, "{0}")[0]:
        return await _in_windows(connection, wanted, before, limit, span)
    return await _newest(connection, before, limit)


@dataclass(frozen=True, slots=True)
class _Span:
    """Between which insertion numbers the wanted time surely lies."""

    low: int = 0
    high: int = _BEYOND


async def _span(connection: Connection, wanted: Wanted) -> _Span:
    async def seq_at(moment: datetime) -> int:
        found = await connection.fetchval(
            "select seq from journal.entry where at >= $1 order by at, seq limit 1", moment
        )
        return _BEYOND if found is None else int(found)

    return _Span(
        await seq_at(wanted.since - _SLACK) if wanted.since else 0,
        await seq_at(wanted.until + _SLACK) if wanted.until else _BEYOND,
    )


async def _newest(connection: Connection, before: int | None, limit: int) -> Found:
    seals = await connection.fetch(
        f"""
        select s.position, p.id as epoch, encode(s.hash, 'hex') as hash, s.at, s.seq
          from (select * from journal.seal where position < $1
                 order by position desc limit {limit + 1}) s
          join journal.epoch p on p.number = s.epoch
         order by s.position desc
        """,
        before or _BEYOND,
    )
    shown = seals[:limit]
    times = [seal["at"] for seal in shown]
    # A statement of its own, so that only the partitions that the times name are planned for.
    entries = await connection.fetch(
        f"""
        select e.seq, {ENTRY}
          from unnest($1::timestamptz[], $2::bigint[]) as n (at, seq)
          join journal.entry e on e.at = n.at and e.seq = n.seq
         where e.at between $3 and $4
        """,
        times,
        [seal["seq"] for seal in shown],
        min(times, default=None),
        max(times, default=None),
    )
    by_seq = {entry["seq"]: entry for entry in entries}
    rows = [dict(seal) | dict(by_seq[seal["seq"]]) for seal in shown if seal["seq"] in by_seq]
    more = len(seals) > limit
    return Found([_audit(row) for row in rows], shown[-1]["position"] if more else None)


async def _in_windows(
    connection: Connection, wanted: Wanted, before: int | None, limit: int, span: _Span
) -> Found:
    end = await connection.fetchval("select position + 1 from journal.sealed")
    floor = min(await _position_at(connection, span.low) or end, end)
    high = min(before or end, await _position_at(connection, span.high) or end, end)
    rows: list[asyncpg.Record] = []
    for size in WINDOWS:
        low = max(floor, high - size)
        rows += await _in_window(connection, wanted, low, high, limit + 1 - len(rows))
        if len(rows) > limit or low <= floor:
            return _page(rows, limit)
        high = low
    return _page(rows, limit, high)


async def _position_at(connection: Connection, seq: int) -> int | None:
    """Return the position of the first entry from this insertion number on."""
    found: int | None = await connection.fetchval(
        "select position from journal.seal where seq >= $1 order by seq limit 1", seq
    )
    return found


async def _in_window(
    connection: Connection, wanted: Wanted, low: int, high: int, limit: int
) -> Sequence[asyncpg.Record]:
    """Return wanted entries at positions from `low` to below `high`, newest first."""
    conditions, arguments = wanted.conditions(5, "{0}")
    first: datetime | None
    first, last = await connection.fetchrow(
        "select min(at), max(at) from journal.seal where position >= $1 and position < $2",
        low,
        high,
    ) or (None, None)
    return await connection.fetch(
        f"""
        select {_AUDIT}
          from journal.seal s
          join journal.epoch p on p.number = s.epoch
          join journal.entry e on e.at = s.at and e.seq = s.seq
         where s.position >= $1 and s.position < $2
           and e.at between $3 and $4 -- names the partitions
           and {" and ".join(conditions)}
         order by s.position desc limit {limit}
        """,
        low,
        high,
        first,
        last,
        *arguments,
    )


async def _picked(
    connection: Connection,
    wanted: Wanted,
    columns: Sequence[str],
    before: int | None,
    limit: int,
    span: _Span,
) -> Found:
    below: int = await connection.fetchval(
        """
        select coalesce((select seq from journal.seal where position >= $1
                          order by position limit 1),
                        (select max(seq) + 1 from journal.seal), 0)
        """,
        before,
    )
    below = min(below, span.high)
    pick = _Pick(connection, wanted, columns)
    if len(columns) == 1 and not wanted.conditions(1, "{0}")[0]:
        return _page(await pick.entries(below, limit + 1), limit)
    rows: list[asyncpg.Record] = []
    for size in WINDOWS:
        window = await pick.window(below, size, limit + 1 - len(rows))
        rows += window.passed
        if len(rows) > limit or window.looked < size or window.low < span.low:
            return _page(rows, limit)
        below = window.low
    at = await connection.fetchval(
        "select position from journal.seal where seq >= $1 order by seq limit 1", below
    )
    return _page(rows, limit, at)


@dataclass(frozen=True, slots=True)
class _Window:
    """Entries that were looked at, down to `seq` low, and those of them that pass all filters."""

    low: int
    looked: int
    passed: Sequence[asyncpg.Record]


class _Pick:
    """Entries picked by an index of one column, in the order of insertion."""

    def __init__(self, connection: Connection, wanted: Wanted, columns: Sequence[str]) -> None:
        self._connection = connection
        self._values = [getattr(wanted, column) for column in columns]
        # As subqueries the values are unknown to the planner, which then always takes the index
        # that has the order. A value that it knows makes it collect and sort all entries of a
        # popular subject.
        key, value = (_PICKS[columns[0]].format(text) for text in (f"e.{columns[0]}", "$1::text"))
        self._picked = f"""
            {key} >= (select {value})
            and ({key}, e.seq) < ((select {value}), (select $2::bigint))
        """
        self._order = f"order by {key} desc, e.seq desc"
        # A hash has collisions. As cases the planner cannot guess that they leave few rows, for
        # which it would collect and sort all of them after all.
        filters = [
            f"case when e.{column} = (select ${number}::text) then true end"
            for number, column in zip((1, 3, 4, 5), columns, strict=False)
        ]
        conditions, arguments = wanted.conditions(len(self._values) + 2, "(select {0})")
        filters += conditions
        self._values += arguments
        self._filters = " and ".join(filters)

    async def entries(self, below: int, limit: int) -> Sequence[asyncpg.Record]:
        """Return sealed entries below `seq`."""
        return await self._connection.fetch(
            f"""
            select {_AUDIT} from journal.entry e {_SEALED}
             where {self._picked} and {self._filters} {self._order} limit {limit}
            """,
            self._values[0],
            below,
        )

    async def window(self, below: int, size: int, limit: int) -> _Window:
        """Look at so many entries below `seq`. In one statement, so at one moment."""
        looked = f"from journal.entry e where {self._picked} {self._order} limit {size}"
        rows = await self._connection.fetch(
            f"""
            select w.low, w.looked, passed.*
              from (select coalesce(min(seq), 0) as low, count(*) as looked
                      from (select e.seq {looked}) seen) w
              left join (select {_AUDIT}, e.seq
                           from (select e.* {looked}) e {_SEALED}
                          where {self._filters} order by e.seq desc limit {limit}) passed on true
             order by passed.seq desc
            """,
            self._values[0],
            below,
            *self._values[1:],
        )
        passed = [row for row in rows if row["position"] is not None]
        return _Window(rows[0]["low"], rows[0]["looked"], passed)


def _page(rows: Sequence[asyncpg.Record], limit: int, looked_to: int | None = None) -> Found:
    shown = rows[:limit]
    beyond = shown[-1]["position"] if len(rows) > limit else looked_to
    return Found([_audit(row) for row in shown], beyond)


def _audit(row: asyncpg.Record | Mapping[str, Any]) -> AuditEntry:
    return AuditEntry(*entry_values(row), row["hash"])
