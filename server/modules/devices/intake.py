"""Rows from the agents' queues: each is applied exactly once, and none is ever lost.

One batch is one transaction: receipts, effects and journal entries commit together, and only then
is anything acknowledged. A row that means nothing is kept in quarantine and never blocks others.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import msgspec

from contract.decoding import UNDECODABLE
from contract.facts import Fact
from contract.ids import AgentId, BootId, EventId, QueueEpoch, is_id, new_id
from contract.link import RowAnswer, RowStatus
from contract.replica import ItemRow
from server.kernel.database import Connection, Database
from server.kernel.journal import Journal
from server.modules.devices import events
from server.modules.devices.clock import BootClock, happened
from server.modules.devices.facts import FactHandler, ReceivedFact

_log = logging.getLogger(__name__)
_FACT = msgspec.json.Decoder(Fact)


class OldDisk(Exception):
    """A sequence number came with another id than before: an older queue file is back."""


class _Label(msgspec.Struct, frozen=True):
    """What can be read of a row that cannot be read."""

    id: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """What was committed: the answers in the order of the rows, and the touched items."""

    answers: Sequence[RowAnswer]
    items: Sequence[ItemRow]


@dataclass(frozen=True, slots=True)
class _Bad:
    """A row for quarantine."""

    raw: bytes
    reason: str
    fact: EventId | None
    seq: int


class Intake:
    """Takes in batches of rows."""

    def __init__(self, database: Database, journal: Journal, handler: FactHandler) -> None:
        self._database = database
        self._journal = journal
        self._handler = handler

    async def take(
        self,
        agent: AgentId,
        epoch: QueueEpoch,
        rows: Sequence[msgspec.Raw],
        clock: BootClock,
    ) -> Batch:
        """Apply a batch of rows and return their answers, committed.

        A row seen before gets its first answer again. Raises OldDisk, having changed nothing, and
        DatabaseUnavailable.
        """
        good, bad = decode(rows)
        now = datetime.now(UTC)

        async def together(connection: Connection) -> Batch:
            return await self._take(connection, agent, epoch, good, bad, clock, now)

        try:
            return await self._database.run(together)
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError):
            # Something in the batch offends the database itself: find out which row, alone.
            _log.exception("batch refused by the database, taking it row by row")
        answers: list[RowAnswer] = []
        items: dict[str, ItemRow] = {}
        for fact, raw in good:
            batch = await self._take_alone(agent, epoch, fact, raw, clock, now)
            answers += batch.answers
            items.update((item.id, item) for item in batch.items)
        if bad:

            async def quarantine(connection: Connection) -> Batch:
                return await self._take(connection, agent, epoch, [], bad, clock, now)

            answers += (await self._database.run(quarantine)).answers
        return Batch(answers, list(items.values()))

    async def retry(self, connection: Connection, agent: AgentId, raw: bytes) -> RowAnswer:
        """Try a quarantined row once more; the answer says whether it is applied now."""
        try:
            fact = _FACT.decode(raw)
        except UNDECODABLE as error:
            return RowAnswer(EventId(""), RowStatus.QUARANTINED, f"unreadable: {error}")
        # Its boot is over as far as anybody knows; an unknown clock stays uncertain.
        nobody = BootClock(BootId(""), datetime.now(UTC))
        at, certain = happened(fact.at, nobody, datetime.now(UTC))
        result = await self._handler.apply(connection, [ReceivedFact(fact, agent, at, certain)])
        answer = result.answers[0]
        if answer.status is not RowStatus.QUARANTINED:
            await connection.execute(
                "update devices.receipt set status = $2, reason = $3 where id = $1",
                fact.id,
                answer.status,
                answer.reason,
            )
        return answer

    async def _take_alone(
        self,
        agent: AgentId,
        epoch: QueueEpoch,
        fact: Fact,
        raw: bytes,
        clock: BootClock,
        now: datetime,
    ) -> Batch:
        async def alone(connection: Connection) -> Batch:
            return await self._take(connection, agent, epoch, [(fact, raw)], [], clock, now)

        async def aside(connection: Connection) -> Batch:
            bad = _Bad(raw, "refused_by_database", fact.id, fact.seq)
            return await self._take(connection, agent, epoch, [], [bad], clock, now)

        try:
            return await self._database.run(alone)
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError):
            _log.exception("row refused by the database", extra={"fact": fact.id})
            return await self._database.run(aside)

    async def _take(
        self,
        connection: Connection,
        agent: AgentId,
        epoch: QueueEpoch,
        good: Sequence[tuple[Fact, bytes]],
        bad: Sequence[_Bad],
        clock: BootClock,
        now: datetime,
    ) -> Batch:
        reached = await _hold_queue(connection, agent, epoch)
        facts = [fact for fact, _ in good]
        known = await _receipts(
            connection, [fact.id for fact in facts] + [b.fact for b in bad if b.fact]
        )
        await _refuse_old_disk(connection, agent, epoch, reached, _numbers(facts, bad))
        fresh = _first_of_each([fact for fact in facts if fact.id not in known])
        received = [ReceivedFact(fact, agent, *happened(fact.at, clock, now)) for fact in fresh]
        result = await self._handler.apply(connection, received) if received else None
        answers = dict(known)
        seqs = {fact.id: fact.seq for fact in fresh}
        raws = {fact.id: raw for fact, raw in good}
        aside = [each for each in bad if each.fact is None or each.fact not in known]
        if result is not None:
            for answer in result.answers:
                answers[answer.id] = answer
                if answer.status is RowStatus.QUARANTINED:
                    aside.append(_Bad(raws[answer.id], answer.reason, answer.id, seqs[answer.id]))
        for each in aside:
            if each.fact is not None:
                answers[each.fact] = RowAnswer(each.fact, RowStatus.QUARANTINED, each.reason)
                seqs[each.fact] = each.seq
        new = [answers[fact] for fact in seqs]
        await _write_receipts(connection, agent, epoch, new, seqs)
        arrived = [fact.seq for fact in facts] + [each.seq for each in bad]
        await _advance_queue(connection, agent, epoch, arrived)
        await self._quarantine(connection, agent, aside)
        items = list(result.items) if result is not None else []
        if repeated := [fact for fact in facts if fact.id in known]:
            # The agent forgets its own fact with this answer: it must see what came of it.
            items += await self._handler.items_of(connection, repeated)
        order = [fact.id for fact in facts] + [b.fact for b in bad if b.fact is not None]
        return Batch([answers[fact] for fact in dict.fromkeys(order)], items)

    async def _quarantine(
        self, connection: Connection, agent: AgentId, rows: Sequence[_Bad]
    ) -> None:
        for row in rows:
            fresh = await connection.fetchval(
                """
                insert into devices.quarantine (id, agent, fact, reason, raw, digest)
                values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning id
                """,
                new_id(),
                agent,
                row.fact,
                row.reason,
                row.raw,
                hashlib.sha256(row.raw).digest(),
            )
            if fresh is None:
                continue
            news = events.QuarantineNews(agent=agent, reason=row.reason)
            await self._journal.tell(
                connection, f"agent:{agent}", events.QUARANTINED, fresh, news, device=agent
            )


def decode(rows: Sequence[msgspec.Raw]) -> tuple[list[tuple[Fact, bytes]], list[_Bad]]:
    """Return the facts that can be read, with their text, and what cannot be read."""
    good: list[tuple[Fact, bytes]] = []
    bad: list[_Bad] = []
    for row in rows:
        raw = bytes(row)
        try:
            fact = _FACT.decode(raw)
            _check_ids(fact)
        except (*UNDECODABLE, ValueError) as error:
            fact_id, seq = _label(raw)
            bad.append(_Bad(raw, f"unreadable: {error}"[:500], fact_id, seq))
        else:
            good.append((fact, raw))
    return good, bad


def _check_ids(fact: Fact) -> None:
    """Raise ValueError unless every id is one the database can hold."""
    body = fact.body
    ids = (getattr(body, name, None) for name in ("item", "person", "loan", "fact"))
    if not all(is_id(value) for value in (fact.id, *ids) if value is not None):
        raise ValueError("an id is no UUID")
    if not 0 < fact.seq < 1 << 62:
        raise ValueError("seq out of range")


def _label(raw: bytes) -> tuple[EventId | None, int]:
    try:
        label = msgspec.json.decode(raw, type=_Label)
    except UNDECODABLE:
        return None, 0
    if not is_id(label.id):
        return None, 0
    return EventId(label.id), label.seq if 0 < label.seq < 1 << 62 else 0


def _first_of_each(facts: Sequence[Fact]) -> list[Fact]:
    return list({fact.id: fact for fact in reversed(facts)}.values())[::-1]


async def _hold_queue(connection: Connection, agent: AgentId, epoch: QueueEpoch) -> int:
    """One batch of a queue at a time, even if two links claim the same agent.

    Returns the highest number that has arrived.
    """
    await connection.execute(
        "insert into devices.queue (agent, epoch) values ($1, $2)"
        " on conflict (agent, epoch) do nothing",
        agent,
        epoch,
    )
    reached: int = await connection.fetchval(
        "select last_seq from devices.queue where agent = $1 and epoch = $2 for update",
        agent,
        epoch,
    )
    return reached


async def _receipts(connection: Connection, facts: Sequence[EventId]) -> dict[EventId, RowAnswer]:
    rows = await connection.fetch(
        "select id, status, reason from devices.receipt where id = any($1)", facts
    )
    return {
        EventId(row["id"]): RowAnswer(EventId(row["id"]), RowStatus(row["status"]), row["reason"])
        for row in rows
    }


def _numbers(facts: Sequence[Fact], bad: Sequence[_Bad]) -> set[tuple[int, EventId]]:
    """Return the numbers under which rows come that will have a receipt."""
    readable = {(fact.seq, fact.id) for fact in facts}
    return readable | {(row.seq, row.fact) for row in bad if row.fact is not None and row.seq}


async def _refuse_old_disk(
    connection: Connection,
    agent: AgentId,
    epoch: QueueEpoch,
    reached: int,
    numbers: set[tuple[int, EventId]],
) -> None:
    """Raise OldDisk if a number belongs to another row, of this batch or of an earlier one."""
    uses = Counter(seq for seq, _ in numbers)
    if twice := [seq for seq, count in uses.items() if count > 1]:
        raise OldDisk(twice[0])
    # Beyond what the queue has reached no number can have come before.
    repeated = [(seq, fact) for seq, fact in numbers if seq <= reached]
    if not repeated:
        return
    clash = await connection.fetchval(
        """
        select r.seq from devices.receipt r
          join unnest($3::bigint[], $4::uuid[]) as n (seq, id) on n.seq = r.seq and n.id <> r.id
         where r.agent = $1 and r.epoch = $2 limit 1
        """,
        agent,
        epoch,
        [seq for seq, _ in repeated],
        [fact for _, fact in repeated],
    )
    if clash is not None:
        raise OldDisk(clash)


async def _write_receipts(
    connection: Connection,
    agent: AgentId,
    epoch: QueueEpoch,
    answers: Sequence[RowAnswer],
    seqs: dict[EventId, int],
) -> None:
    if not answers:
        return
    await connection.execute(
        """
        insert into devices.receipt (id, agent, epoch, seq, status, reason)
        select n.id, $1, $2, n.seq, n.status, n.reason
          from unnest($3::uuid[], $4::bigint[], $5::text[], $6::text[])
               as n (id, seq, status, reason)
        """,
        agent,
        epoch,
        [answer.id for answer in answers],
        [seqs[answer.id] or None for answer in answers],
        [answer.status.value for answer in answers],
        [answer.reason for answer in answers],
    )


async def _advance_queue(
    connection: Connection, agent: AgentId, epoch: QueueEpoch, seqs: Sequence[int]
) -> None:
    """Note how far the queue has come, and how many numbers were passed over on the way."""
    await connection.execute(
        """
        update devices.queue q
           set holes = q.holes + n.highest - q.last_seq - n.fresh, last_seq = n.highest
          from (select max(seq) as highest, count(distinct seq) as fresh
                  from unnest($3::bigint[]) as seq, devices.queue q
                 where q.agent = $1 and q.epoch = $2 and seq > q.last_seq) as n
         where q.agent = $1 and q.epoch = $2 and n.fresh > 0
        """,
        agent,
        epoch,
        seqs,
    )
