"""Checking the journal against its chain of hashes."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from server.kernel.chain import genesis, link
from server.kernel.database import Connection
from server.kernel.sealing import sealable

_CHUNK = 5_000


class FaultKind(enum.StrEnum):
    """What is wrong at a position."""

    CHANGED = "changed"  # the entry, or its seal, is not what was sealed
    ENTRY_MISSING = "entry_missing"  # the seal stands, its entry is gone
    SEAL_MISSING = "seal_missing"  # a position is gone
    NEVER_SEALED = "never_sealed"  # an entry was slipped in among sealed ones
    END_MISSING = "end_missing"  # the end of the journal was cut off
    CHECKPOINT_DIFFERS = "checkpoint_differs"  # history was rewritten, hashes and all


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    position: int
    kind: FaultKind
    entry: str | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A hash that was noted outside the database: the chain had it at this position."""

    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """How many entries were checked, the chain's end (the next checkpoint), and what is wrong."""

    checked: int
    end: Checkpoint
    faults: Sequence[Fault]


async def verify(
    connection: Connection, from_position: int = 0, checkpoints: Sequence[Checkpoint] = ()
) -> VerifyReport:
    """Check every sealed entry beyond `from_position`, and the checkpoints.

    Finds an entry that was edited, deleted, slipped in or cut off. Whoever can rewrite the whole
    chain is only found out by a checkpoint kept elsewhere. Sealing may go on meanwhile.
    """
    head = await connection.fetchrow("select position, hash from journal.sealed")
    last, last_hash = (head["position"], head["hash"]) if head is not None else (0, b"")
    noted = {checkpoint.position: checkpoint.hash for checkpoint in checkpoints}
    faults: list[Fault] = []
    previous = await _hash_at(connection, from_position)
    position = from_position
    checked = 0
    while rows := await _sealed(connection, position, last):
        for row in rows:
            position += 1
            while position < row["position"]:
                faults.append(Fault(position, FaultKind.SEAL_MISSING))
                position += 1
            checked += 1
            if row["id"] is None:
                faults.append(Fault(position, FaultKind.ENTRY_MISSING))
            elif row["hash"] != link(previous, sealable(position, row["epoch"], row)):
                faults.append(Fault(position, FaultKind.CHANGED, row["id"]))
            if noted.get(position, row["hash"]) != row["hash"]:
                faults.append(Fault(position, FaultKind.CHECKPOINT_DIFFERS, row["id"]))
            # Going on from the stored hash names each damaged entry, and not all that follow.
            previous = row["hash"]
    if position != last or previous != last_hash:
        faults.append(Fault(position + 1, FaultKind.END_MISSING))
    for beyond in sorted(place for place in noted if place > last):
        faults.append(Fault(beyond, FaultKind.END_MISSING))
    for entry in await _never_sealed(connection):
        faults.append(Fault(0, FaultKind.NEVER_SEALED, entry))
    return VerifyReport(checked, Checkpoint(position, previous), faults)


async def _hash_at(connection: Connection, position: int) -> bytes:
    if position == 0:
        first = await connection.fetchval("select id from journal.epoch where number = 1")
        return genesis(first or "")
    stored = await connection.fetchval(
        "select hash from journal.seal where position = $1", position
    )
    return bytes(stored or b"")


async def _sealed(connection: Connection, after: int, last: int) -> list[asyncpg.Record]:
    return await connection.fetch(
        """
        select s.position, s.hash, p.id as epoch, e.id, e.at, e.actor, e.device, e.module, e.kind,
               e.subject, e.body
          from journal.seal s
          join journal.epoch p on p.number = s.epoch
          left join journal.entry e on e.at = s.at and e.seq = s.seq
         where s.position > $1 and s.position <= $2
         order by s.position
         limit $3
        """,
        after,
        last,
        _CHUNK,
    )


async def _never_sealed(connection: Connection) -> list[str]:
    rows = await connection.fetch(
        """
        select e.id
          from journal.entry e, journal.sealed s
         where (e.origin <> s.origin or e.xid < s.xid)
           and not exists (select from journal.seal d where d.seq = e.seq)
         order by e.seq
        """
    )
    return [row["id"] for row in rows]
