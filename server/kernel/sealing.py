"""SQL of sealing: committed entries get their position and their hash. One transaction a batch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import asyncpg

from server.kernel.chain import FORM, Sealable, SealableNow, link, microseconds
from server.kernel.database import Connection
from server.kernel.journal_tail import SEALED

BATCH = 5_000
# What a hash needs of a row of journal.entry.
HASHED = """
    e.at, e.seq, e.origin, e.xid, e.id, e.actor, e.device, e.address, e.module, e.kind, e.subject,
    e.body
"""


class SealedElsewhere(Exception):
    """Another sealer was at work at the same time; nothing was written by this one."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did. `blocked`: entries wait for an older transaction to end."""

    sealed: int
    blocked: bool
    more: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the sealer stands: below transaction `xid` all is sealed; and the chain's end."""

    epoch: int
    epoch_id: str
    origin: int
    xid: int
    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Lag:
    """Committed entries that have no position yet, and the age of the oldest in seconds."""

    entries: int
    seconds: float


async def seal_batch(connection: Connection, *, batch: int = BATCH) -> Pass:
    """Seal up to `batch` entries whose transactions, and all before them, have ended.

    Writes only when there is something to seal. Raises SealedElsewhere if another sealer was
    quicker; nothing is written then.
    """
    before = await read_standing(connection)
    # The snapshot that says which entries are visible also says below which transaction id
    # everything has ended. Of two transactions that touched the same thing, the second inserted
    # its entries after the first had committed: in order of insertion, and never past an entry
    # whose turn has not come, the journal tells of each thing in the order in which it happened.
    # Transaction ids do not: they are given out before a transaction waits for its locks.
    row = await connection.fetchrow(
        """
        with waiting as (
            select e.at, e.seq, e.xid from journal.entry e
             where e.origin = $1 and e.xid >= $2
               and not exists (select from journal.seal s where s.seq = e.seq)
        ), snapshot as (
            select pg_snapshot_xmin(pg_current_snapshot()) as xmin
        ), turn as (
            select w.at, w.seq, w.xid from waiting w, snapshot
             where w.seq < coalesce(
                       (select min(seq) from waiting where xid >= snapshot.xmin), $4)
             order by w.seq limit $3
        )
        select (select count(*) from waiting) as waiting,
               (select least(xmin, (select min(xid) from waiting
                                     where seq > coalesce((select max(seq) from turn), 0)))
                  from snapshot) as below,
               array(select at from turn order by seq) as ats,
               array(select seq from turn order by seq) as seqs
        """,
        before.origin,
        before.xid,
        batch,
        2**63 - 1,
    )
    assert row is not None, "aggregates always have a row"
    sealed = len(row["seqs"])
    if sealed:
        entries = await _read_for_seal(connection, row["ats"], row["seqs"])
        await write_seals(connection, before, replace(before, xid=row["below"]), entries)
    return Pass(sealed, blocked=sealed < row["waiting"], more=sealed == batch)


async def _read_for_seal(
    connection: Connection, ats: Sequence[datetime], seqs: Sequence[int]
) -> list[asyncpg.Record]:
    return await connection.fetch(
        f"""
        select {HASHED}
          from unnest($1::timestamptz[], $2::bigint[]) as n (at, seq)
          join journal.entry e on e.at = n.at and e.seq = n.seq
         order by n.seq
        """,
        ats,
        seqs,
    )


async def read_standing(connection: Connection) -> Standing:
    """Return where the sealer stands."""
    row = await connection.fetchrow(
        """
        select s.epoch, p.id as epoch_id, s.origin, s.xid, s.position, s.hash
          from journal.sealed s join journal.epoch p on p.number = s.epoch
        """
    )
    if row is None:
        raise LookupError("journal.sealed has lost its row")
    return Standing(**row)


async def write_seals(
    connection: Connection, before: Standing, after: Standing, rows: Sequence[asyncpg.Record]
) -> None:
    """Seal these entries, in this order, and move the sealer: one statement, all or nothing.

    `after` says the epoch, and where in the transactions the sealer then stands; position and
    hash follow from the rows. Raises SealedElsewhere unless the sealer stands where `before` says.
    """
    position, previous = before.position, before.hash
    hashes: list[bytes] = []
    for row in rows:
        position += 1
        previous = link(previous, sealable(position, after.epoch_id, row))
        hashes.append(previous)
    try:
        moved = await connection.fetchval(
            """
            with moved as (
                update journal.sealed
                   set epoch = $8, origin = $9, xid = $10, position = $6, hash = $7
                 where position = $1 and epoch = $2
                returning true
            ), new as (
                insert into journal.seal (position, epoch, at, seq, hash, form)
                select $1 + n.nth, $8, n.at, n.seq, n.hash, $12
                  from moved,
                       unnest($3::timestamptz[], $4::bigint[], $5::bytea[])
                       with ordinality as n (at, seq, hash, nth)
            ), told as (
                select pg_notify($11, '') from moved
            )
            select true from told
            """,
            before.position,
            before.epoch,
            [row["at"] for row in rows],
            [row["seq"] for row in rows],
            hashes,
            position,
            previous,
            after.epoch,
            after.origin,
            after.xid,
            SEALED,
            FORM,
        )
    except asyncpg.UniqueViolationError as error:
        raise SealedElsewhere("an entry was sealed by another sealer") from error
    if not moved:
        raise SealedElsewhere("another sealer has moved on")


def sealable(
    position: int, epoch: str, row: asyncpg.Record, form: int = FORM
) -> Sealable | SealableNow:
    """Return what the hash of this form covers of a row with HASHED."""
    at_us = microseconds(row["at"])
    said = row["module"], row["kind"], row["subject"], row["body"]
    if form == FORM:
        where = row["seq"], row["origin"], row["xid"]
        who = row["actor"], row["device"], row["address"]
        return SealableNow(position, epoch, row["id"], at_us, *where, *who, *said)
    return Sealable(position, epoch, row["id"], at_us, row["actor"], row["device"], *said)


async def read_lag(connection: Connection) -> Lag:
    """Return how far sealing is behind what is committed."""
    row = await connection.fetchrow(
        """
        select count(*) as entries,
               coalesce(extract(epoch from clock_timestamp() - min(e.at)), 0)::float8 as seconds
          from journal.sealed s
          join journal.entry e on e.origin = s.origin and e.xid >= s.xid
         where not exists (select from journal.seal d where d.seq = e.seq)
        """
    )
    return Lag(**row) if row is not None else Lag(0, 0.0)
