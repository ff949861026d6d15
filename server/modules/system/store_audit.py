"""SQL of verifications, one function a statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from server.kernel.database import Connection


class FaultView(msgspec.Struct, frozen=True):
    """One thing that is wrong: `kind` as in docs/audit.md, at a position or in a line of a file."""

    kind: str
    position: int
    where: str = ""
    entry: str | None = None


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """One check of the chain: `state` is waiting, running, sound, faulty or failed.

    `position` of `upto` entries are checked, from `from_position` on; `faults` are the first ones.
    """

    id: str
    asked_by: str
    whole: bool
    state: str
    asked_at: datetime
    ended_at: datetime | None
    from_position: int
    position: int
    upto: int
    checkpoints: int
    redacted: int
    fault_count: int
    faults: list[FaultView]


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a verification starts: what was sound before, and its hash."""

    position: int
    hash: bytes


_faults = msgspec.json.Decoder(list[FaultView])


def _verification(row: asyncpg.Record) -> Verification:
    return Verification(**(dict(row) | {"faults": _faults.decode(row["faults"])}))


_COLUMNS = """
    id, asked_by, whole, state, asked_at, ended_at, from_position, position, upto, checkpoints,
    redacted, fault_count, faults
"""


async def unfinished(connection: Connection) -> Verification | None:
    """Return the verification that waits or runs, held until the transaction ends."""
    # Two who ask at once: the second finds the first one's row.
    await connection.execute("lock table journal.verification in share row exclusive mode")
    row = await connection.fetchrow(
        f"select {_COLUMNS} from journal.verification where state in ('waiting', 'running')"
        # One whose job was discarded must not keep others away for ever.
        " and asked_at > now() - interval '1 day' order by asked_at desc limit 1"
    )
    return _verification(row) if row else None


async def newest(connection: Connection, *, ended: bool = False) -> Verification | None:
    """Return the newest verification."""
    row = await connection.fetchrow(
        f"select {_COLUMNS} from journal.verification"
        + (" where state in ('sound', 'faulty')" if ended else "")
        + " order by asked_at desc limit 1"
    )
    return _verification(row) if row else None


async def insert(connection: Connection, verification: str, by: str, *, whole: bool) -> None:
    """Insert a verification that waits; the oldest of very many are forgotten."""
    await connection.execute(
        "insert into journal.verification (id, asked_by, whole) values ($1, $2, $3)",
        verification,
        by,
        whole,
    )
    await connection.execute(
        "delete from journal.verification where asked_at < now() - interval '400 days'"
    )


async def begin(connection: Connection, verification: str) -> Begun | None:
    """Mark as running, and say from where; None if it has ended, or is not there."""
    row = await connection.fetchrow(
        """
        with newest as (
            select state, position, hash from journal.verification
             where state in ('sound', 'faulty') order by asked_at desc limit 1
        ), sound as (
            -- After faults everything is looked at again: none is passed over by going on.
            select position, hash from newest
             where state = 'sound' and position <= (select position from journal.sealed)
        )
        update journal.verification v
           set state = 'running',
               from_position = case when whole then 0
                                    else coalesce((select position from sound), 0) end,
               position = case when whole then 0
                               else coalesce((select position from sound), 0) end,
               upto = (select position from journal.sealed)
         where v.id = $1 and v.state in ('waiting', 'running', 'failed')
        returning v.from_position, case when not whole then (select hash from sound) end as hash
        """,
        verification,
    )
    return Begun(row["from_position"], row["hash"] or b"") if row else None


async def note(connection: Connection, verification: str, reached: int, last: int) -> None:
    """Keep how far a verification has come."""
    await connection.execute(
        "update journal.verification set position = $2, upto = $3 where id = $1",
        verification,
        reached,
        last,
    )


async def fail(connection: Connection, verification: str) -> None:
    """Keep that a verification could not be done; its job tries again."""
    await connection.execute(
        "update journal.verification set state = 'failed', ended_at = now() where id = $1",
        verification,
    )


async def end(
    connection: Connection,
    verification: str,
    *,
    position: int,
    end_hash: bytes,
    checkpoints: int,
    redacted: int,
    count: int,
    faults: Sequence[FaultView],
) -> None:
    """Keep what a verification found."""
    await connection.execute(
        """
        update journal.verification
           set state = case when $6::bigint = 0 then 'sound' else 'faulty' end, ended_at = now(),
               position = $2, upto = $2, hash = $3, checkpoints = $4, redacted = $5,
               fault_count = $6, faults = $7
         where id = $1
        """,
        verification,
        position,
        end_hash,
        checkpoints,
        redacted,
        count,
        msgspec.json.encode(faults).decode(),
    )


async def position(connection: Connection) -> int:
    """Return how many entries are sealed."""
    return int(await connection.fetchval("select position from journal.sealed"))


async def last_sound_at(connection: Connection) -> datetime | None:
    """Return when the journal was last found sound."""
    found: datetime | None = await connection.fetchval(
        "select max(ended_at) from journal.verification where state = 'sound'"
    )
    return found


async def is_stale(connection: Connection, days: int) -> bool:
    """Say whether the journal is older than so many days, and nobody checked it since."""
    return bool(
        await connection.fetchval(
            """
            select coalesce((select max(ended_at) from journal.verification
                              where state in ('sound', 'faulty')),
                            (select min(started_at) from journal.epoch))
                   < now() - make_interval(days => $1)
            """,
            days,
        )
    )
