"""One durable write of a tap at the agent, beside a raw sqlite3 insert of equal durability.

Both write the same bytes into the same table shape on the same disk, with the same pragmas, one
commit each, in turns. The raw insert is called directly, in the thread that owns its connection: it
encodes nothing, hops between no threads, and wakes no event loop. A second raw insert goes through
an executor thread, as anybody must who may not block an event loop; it is shown, not aimed at.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agent.clock import BootClock, system_clock
from agent.desk import Desk, Tap, decide
from agent.outbox import Draft, Outbox
from agent.queue_file import CHECKPOINT_PAGES, MAX_WAL_BYTES, PAGE_BYTES
from agent.replica import Replica
from agent.salvage import StoredRow
from contract.cards import CardUid, Technology
from contract.facts import Borrowed, Returned
from contract.ids import EventId, ItemId, LoanId, PersonId, new_id
from contract.link import Changes
from contract.replica import CardRow, ItemRow, ItemStatus, PersonRow, PersonStatus
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.figures import Figure, Target, flat, ratio_by_round, spread

TARGET = Target("ratio", at_most=1.5)
RAW = "raw sqlite3 insert, called directly"
HOP = "raw sqlite3 insert through run_in_executor"
BORROWED_AT_ONCE = 3
_encode = msgspec.json.Encoder().encode


class RawQueue:
    """What sqlite3 alone costs: rows into a table, one commit a call, synced like the outbox."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in (
            "locking_mode = EXCLUSIVE",
            f"page_size = {PAGE_BYTES}",
            "auto_vacuum = INCREMENTAL",
            "journal_mode = WAL",
            "synchronous = FULL",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
            f"journal_size_limit = {MAX_WAL_BYTES}",
        ):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("CREATE TABLE fact (seq INTEGER PRIMARY KEY, row BLOB NOT NULL)")

    def insert(self, rows: Sequence[bytes]) -> None:
        """Insert the rows durably in one transaction; of one row the insert itself is that."""
        execute = self._connection.execute
        if len(rows) == 1:
            execute("INSERT INTO fact (row) VALUES (?)", rows)
            return
        execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO fact (row) VALUES (?)", ((row,) for row in rows))
        execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Shelf:
    """Items and a person as the agent's replica has them."""

    replica: Replica
    items: Sequence[ItemRow]
    person: PersonRow


async def measure(bench: Bench) -> AsyncIterator[Figure]:
    """Yield the figures of one fact, of a borrow, and of a borrow of several items at once."""
    rounds, writes = bench.size(8, 3), bench.size(300, 100)
    clock = system_clock()
    with ThreadPoolExecutor(1, thread_name_prefix="raw") as thread:
        async with Outbox.open(bench.folder / "outbox.db") as outbox:
            raw = RawQueue(bench.folder / "raw.db")
            hopped = await asyncio.get_running_loop().run_in_executor(
                thread, RawQueue, bench.folder / "hopped.db"
            )
            try:
                writers = Writers(outbox, raw, hopped, thread, clock)
                for figure in await _one_fact(bench, writers, rounds, writes):
                    yield figure
                for count in (1, BORROWED_AT_ONCE):
                    yield await _borrow(bench, writers, count, rounds, writes // 2)
            finally:
                raw.close()
                hopped.close()


@dataclass(frozen=True, slots=True)
class Writers:
    """The three ways to write the same fact; each returns the milliseconds of one write."""

    outbox: Outbox
    raw: RawQueue
    hopped: RawQueue
    thread: ThreadPoolExecutor
    clock: BootClock

    async def ours(self) -> float:
        """Write a return as the counter does: the moment of the tap, encoded, appended."""
        mono_us = self.clock.read().mono_us
        draft = Draft(EventId(new_id()), _returned())
        began = time.perf_counter_ns()
        await self.outbox.append([draft], self.clock.at(mono_us))
        return _milliseconds(began)

    async def directly(self) -> float:
        """Insert the same bytes, encoded beforehand, in this thread."""
        rows = [self._row()]
        began = time.perf_counter_ns()
        self.raw.insert(rows)
        return _milliseconds(began)

    async def through_a_thread(self) -> float:
        """Insert the same bytes in a thread, awaited in the event loop."""
        loop, rows = asyncio.get_running_loop(), [self._row()]
        began = time.perf_counter_ns()
        await loop.run_in_executor(self.thread, self.hopped.insert, rows)
        return _milliseconds(began)

    def _row(self) -> bytes:
        return self.row_of(_returned())

    def row_of(self, body: Borrowed | Returned) -> bytes:
        """Return a fact as the outbox stores it."""
        moment = self.clock.now()
        return _encode(StoredRow(EventId(new_id()), moment, msgspec.Raw(_encode(body))))


async def _one_fact(bench: Bench, writers: Writers, rounds: int, writes: int) -> list[Figure]:
    bench.say(f"{rounds} rounds of {writes} writes each way")
    ours, direct, hopped = await _in_turns(
        rounds, writes, writers.ours, writers.directly, writers.through_a_thread
    )
    appended = spread(flat(ours))
    return [
        Figure(
            "outbox.append",
            "one fact from the counter to disk, synced",
            "ms",
            appended,
            RAW,
            spread(flat(direct)),
            ratio_by_round(ours, direct),
            TARGET,
            "the yardstick encodes nothing and stays in its thread",
        ),
        Figure(
            "outbox.append.threaded",
            "the same, beside an insert that does not block the event loop either",
            "ms",
            appended,
            HOP,
            spread(flat(hopped)),
            ratio_by_round(ours, hopped),
        ),
    ]


async def _borrow(bench: Bench, writers: Writers, count: int, rounds: int, borrows: int) -> Figure:
    """Time the deciding of `count` items and a person's card, and the one write they lead to."""
    bench.say(f"borrowing {count} at a time: {rounds} rounds of {borrows}")
    shelf = _shelf(count)

    async def ours() -> float:
        mono_us = writers.clock.read().mono_us
        cards = [row.cards[0].uid for row in shelf.items] + [shelf.person.cards[0].uid]
        taps = [_tap(card, mono_us) for card in cards]
        desk = Desk()
        began = time.perf_counter_ns()
        for tap in taps:
            decision = decide(desk, tap, shelf.replica, lambda: EventId(new_id()))
            desk = decision.desk
        drafts = [Draft(fact.id, fact.body) for fact in decision.facts]
        facts = await writers.outbox.append(drafts, writers.clock.at(mono_us))
        took = _milliseconds(began)
        assert len(facts) == count, "the desk did not lend what was tapped"
        return took

    async def raw() -> float:
        rows = [writers.row_of(_borrowed(item, shelf.person)) for item in shelf.items]
        began = time.perf_counter_ns()
        writers.raw.insert(rows)
        return _milliseconds(began)

    mine, theirs = await _in_turns(rounds, borrows, ours, raw)
    name = "outbox.borrow" if count == 1 else f"outbox.borrow.{count}"
    things = "an item" if count == 1 else f"{count} items"
    return Figure(
        name,
        f"{things} and a person's card: taps decided, facts written in one transaction",
        "ms",
        spread(flat(mine)),
        "raw sqlite3, the same rows in one transaction",
        spread(flat(theirs)),
        ratio_by_round(mine, theirs),
        note="the yardstick decides nothing",
    )


async def _in_turns(
    rounds: int, count: int, *ways: Callable[[], Awaitable[float]]
) -> list[list[list[float]]]:
    """Return, for each way, the samples of each round; each round begins with another way."""
    # Till the WAL of each has reached its checkpoint: from then on it is written in place.
    for way in ways:
        for _ in range(CHECKPOINT_PAGES):
            await way()
    samples: list[list[list[float]]] = [[] for _ in ways]
    for number in range(rounds):
        for turn in range(len(ways)):
            which = (number + turn) % len(ways)
            samples[which].append([await ways[which]() for _ in range(count)])
    return samples


def _shelf(count: int) -> Shelf:
    items = [
        ItemRow(
            id=ItemId(new_id()),
            code=f"HT-{number:03}",
            name="トルクレンチ 25N·m",
            status=ItemStatus.AVAILABLE,
            cards=(CardRow(CardUid(f"04{number:010X}80")),),
        )
        for number in range(count)
    ]
    person = PersonRow(
        PersonId(new_id()),
        "1001",
        "佐藤 健太",
        "さとう けんた",
        PersonStatus.ACTIVE,
        (CardRow(CardUid("01140123456789AB")),),
    )
    replica = Replica()
    replica.apply(Changes(new_id(), 1, (person,), tuple(items), reset=True))  # type: ignore[arg-type]
    return Shelf(replica, items, person)


def _tap(card: CardUid, mono_us: int) -> Tap:
    return Tap(card, "bench", Technology.UNKNOWN, mono_us)


def _borrowed(item: ItemRow, person: PersonRow) -> Borrowed:
    return Borrowed(item.id, person.id, item.cards[0].uid, person.cards[0].uid)


def _returned() -> Returned:
    return Returned(ItemId(new_id()), LoanId(new_id()), PersonId(new_id()))


def _milliseconds(began_ns: int) -> float:
    return (time.perf_counter_ns() - began_ns) / 1e6
