"""Checking the journal against its chain of hashes, in chunks: memory stays the same."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from server.kernel.chain import genesis, link
from server.kernel.database import Connection
from server.kernel.journal_faults import Fault, FaultKind, Faults
from server.kernel.journal_redaction import REDACTED, content_hash, listed
from server.kernel.sealing import HASHED, sealable

__all__ = ["Checkpoint", "Fault", "FaultKind", "VerifyReport", "verify"]

# Few enough that the event loop of a serving process is held for some milliseconds only.
_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A hash that was noted outside the database: the chain had it at this position."""

    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """How many entries were checked, the chain's end (the next checkpoint), and what is wrong.

    `fault_count` counts all faults, `faults` are the first of them; `redacted` counts entries that
    differ from what was sealed because a later entry says so.
    """

    checked: int
    end: Checkpoint
    faults: Sequence[Fault]
    fault_count: int = 0
    redacted: int = 0


Progress = Callable[[int, int], Awaitable[None]]


async def verify(
    connection: Connection,
    from_position: int = 0,
    checkpoints: Sequence[Checkpoint] = (),
    *,
    begin: bytes | None = None,
    progress: Progress | None = None,
) -> VerifyReport:
    """Check every sealed entry beyond `from_position`, and the checkpoints.

    Finds an entry that was edited, deleted, slipped in or cut off. Whoever can rewrite the whole
    chain is only found out by a checkpoint kept elsewhere. Sealing may go on meanwhile.
    `begin` is the hash that the entry at `from_position` had when it was checked; `progress` is
    told the position reached and the last one.
    """
    pass_ = _Pass(connection, {each.position: each.hash for each in checkpoints})
    head = await connection.fetchrow(
        """
        select s.position, s.hash, s.epoch, (select max(number) from journal.epoch) as newest,
               (select min(position) from journal.seal) as low,
               (select max(position) from journal.seal) as high
          from journal.sealed s
        """
    )
    last, last_hash = (head["position"], head["hash"]) if head is not None else (0, b"")
    await pass_.load_epochs()
    if head is None or head["epoch"] != head["newest"]:
        pass_.faults.note(last, FaultKind.EPOCH_WRONG)
    for outside in (head["low"], head["high"]) if head is not None else ():
        if outside is not None and not 1 <= outside <= last:
            pass_.faults.note(outside, FaultKind.SEAL_UNKNOWN)
    position, previous = from_position, await _hash_at(connection, from_position)
    if begin is not None and begin != previous:
        pass_.faults.note(from_position, FaultKind.CHANGED)
    while rows := await _sealed(connection, position, last):
        previous = await pass_.check(rows, position, previous)
        position = rows[-1]["position"]
        if progress is not None:
            await progress(position, last)
    if position != last or previous != last_hash:
        pass_.faults.note(position + 1, FaultKind.END_MISSING)
    for beyond in sorted(place for place in pass_.noted if place > last):
        pass_.faults.note(beyond, FaultKind.END_MISSING)
    await _never_sealed(connection, pass_.faults)
    faults = pass_.faults
    end = Checkpoint(position, previous)
    return VerifyReport(pass_.checked, end, faults.kept, faults.count, pass_.redacted)


class _Pass:
    """One way through the chain, chunk by chunk."""

    def __init__(self, connection: Connection, noted: Mapping[int, bytes]) -> None:
        self._connection = connection
        self.noted = noted
        self.faults = Faults()
        self.checked = 0
        self.redacted = 0
        self._epochs: dict[int, tuple[int, int | None]] = {}

    async def load_epochs(self) -> None:
        """Learn where each epoch begins and ends; there is one more for each restore."""
        rows = await self._connection.fetch(
            "select number, first_position, lead(first_position) over (order by number) as next"
            " from journal.epoch order by number"
        )
        self._epochs = {row["number"]: (row["first_position"], row["next"]) for row in rows}
        if list(self._epochs) != list(range(1, len(rows) + 1)) or self._epochs.get(1, (0,))[0] != 1:
            self.faults.note(1, FaultKind.EPOCH_WRONG)

    async def check(self, rows: Sequence[asyncpg.Record], position: int, previous: bytes) -> bytes:
        """Check the seals of these rows, which follow `position`; return the last hash."""
        commitments = await self._commitments(rows)
        for row in rows:
            position += 1
            while position < row["position"]:
                self.faults.note(position, FaultKind.SEAL_MISSING)
                position += 1
            self.checked += 1
            self._check_epoch(row)
            if row["id"] is None:
                self.faults.note(position, FaultKind.ENTRY_MISSING)
            elif row["redaction"] is not None:
                self._check_redacted(row, commitments.get(row["redaction"]))
            elif row["hash"] != link(
                previous, sealable(position, row["epoch"] or "", row, row["form"])
            ):
                self.faults.note(position, FaultKind.CHANGED, row["id"])
            if row["kind"] == REDACTED:
                await self._check_kept_out(row)
            if self.noted.get(position, row["hash"]) != row["hash"]:
                self.faults.note(position, FaultKind.CHECKPOINT_DIFFERS, row["id"])
            # Going on from the stored hash names each damaged entry, and not all that follow.
            previous = row["hash"]
        return previous

    def _check_epoch(self, row: asyncpg.Record) -> None:
        first, beyond = self._epochs.get(row["number"], (None, None))
        position = row["position"]
        if first is None or position < first or (beyond is not None and position >= beyond):
            self.faults.note(position, FaultKind.EPOCH_WRONG, row["id"])

    def _check_redacted(self, row: asyncpg.Record, promised: dict[int, str] | None) -> None:
        """A redacted entry must say exactly what its newest redaction commits to."""
        position = row["position"]
        now = content_hash(position, row["epoch"] or "", row)
        if promised is None or promised.get(position) != now:
            self.faults.note(position, FaultKind.CHANGED, row["id"])
        else:
            self.redacted += 1

    async def _commitments(self, rows: Sequence[asyncpg.Record]) -> dict[int, dict[int, str]]:
        """Return what the redactions of these rows promise, by their seq; sealed ones only."""
        seqs = {row["redaction"]: row["redaction_at"] for row in rows if row["redaction"]}
        found = await self._connection.fetch(
            """
            select e.seq, e.body from unnest($1::timestamptz[], $2::bigint[]) as n (at, seq)
              join journal.entry e on e.at = n.at and e.seq = n.seq
             where e.kind = $3
            """,
            list(seqs.values()),
            list(seqs),
            REDACTED,
        )
        return {row["seq"]: promised for row in found if (promised := listed(row["body"]))}

    async def _check_kept_out(self, row: asyncpg.Record) -> None:
        """What this redaction lists must still be known as redacted, by it or by a later one."""
        for position in await self._connection.fetch(
            """
            select n.position from unnest($1::bigint[]) as n (position)
             where not exists (select from journal.redaction r
                                where r.position = n.position and r.seq >= $2)
            """,
            list(listed(row["body"]) or ()),
            row["seq"],
        ):
            self.faults.note(position["position"], FaultKind.REDACTION_UNDONE)


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
        f"""
        select s.position, s.hash, s.form, s.epoch as number, p.id as epoch,
               r.seq as redaction, r.at as redaction_at, {HASHED}
          from journal.seal s
          left join journal.epoch p on p.number = s.epoch
          left join journal.entry e on e.at = s.at and e.seq = s.seq
          left join journal.redaction r on r.position = s.position
         where s.position > $1 and s.position <= $2
         order by s.position
         limit $3
        """,
        after,
        last,
        _CHUNK,
    )


async def _never_sealed(connection: Connection, faults: Faults) -> None:
    """Find entries that should be sealed, and those of transactions that never were."""
    rows = await connection.fetch(
        """
        select e.id, count(*) over () as found
          from journal.entry e, journal.sealed s
         where (e.origin <> s.origin or e.xid < s.xid
                or e.xid >= pg_snapshot_xmax(pg_current_snapshot()))
           and not exists (select from journal.seal d where d.seq = e.seq and d.at = e.at)
         order by e.seq limit 100
        """
    )
    for row in rows:
        faults.note(0, FaultKind.NEVER_SEALED, row["id"])
    if rows:
        faults.count += rows[0]["found"] - len(rows)
