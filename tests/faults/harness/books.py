"""The auditor: compares what kiosks confirmed with what the server and the watchers have."""

import shutil
import sqlite3
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from contract.kiosk import Tone
from contract.link import Changes
from contract.replica import ItemRow, PersonRow
from faults.harness.oracle import Change, Oracle
from faults.harness.staff import Confirmed, Memory
from faults.harness.watcher import Watcher
from faults.harness.weather import Conversation
from server.kernel.database import Connection
from server.kernel.journal_verify import Checkpoint, verify
from server.modules.loans.events import ITEM_KINDS

KIND_OF = {Tone.BORROWED: "loans.lent", Tone.RETURNED: "loans.returned"}
CHANGES = ("loans.lent", "loans.returned", "loans.undone", "loans.cancelled")


class Books:
    """Keeps what was read of the journal so far, so that each audit reads on from there."""

    def __init__(self, memories: list[Memory], watcher: Watcher) -> None:
        self.memories = memories
        # Items that one kiosk alone has, on one card: it cannot contradict itself.
        self.undisputed: set[str] = set()
        self._watcher = watcher
        self._oracle = Oracle()
        self._position = 0
        self._verified = 0
        self._checkpoint: Checkpoint | None = None
        self._by_fact: dict[str, list[Change]] = defaultdict(list)
        self._undone: dict[str, list[int]] = defaultdict(list)  # by item: positions
        self._touched: dict[int, str] = {}  # position: item that a replica must look at again
        self._seen = 0
        self._told: set[str] = set()

    async def audit(self, connection: Connection) -> list[str]:
        """Return what is wrong and was not told before; nothing moves meanwhile."""
        faults = [
            *await self._read_journal(connection),
            *self._check_confirmed(),
            *await self._check_ledger(connection),
            *await self._check_conflicts(connection),
            *self._check_watcher(),
            *await self._check_chain(connection),
        ]
        return self._fresh(faults)

    def history(self, faults: Sequence[str]) -> list[str]:
        """Return what the journal says of the items whose facts these faults name."""
        items = {
            change.item
            for fault in faults
            for word in fault.split()
            for change in self._by_fact.get(word, [])
        }
        changes = (change for told in self._by_fact.values() for change in told)
        return [
            f"{c.position} {c.kind} item {c.item[-4:]} fact {c.fact} loan {c.loan} {c.state}"
            f" {c.at:%H:%M:%S.%f}{'' if c.certain else ' ?'}"
            for c in sorted(changes, key=lambda change: change.position)
            if c.item in items
        ]

    def _fresh(self, faults: Iterable[str]) -> list[str]:
        fresh = [fault for fault in faults if fault not in self._told]
        self._told.update(fresh)
        return fresh

    @property
    def position(self) -> int:
        """How far the journal was read."""
        return self._position

    @property
    def confirmed(self) -> int:
        """How many lines kiosks have confirmed."""
        return sum(len(memory.confirmed) for memory in self.memories)

    # --- the journal

    async def _read_journal(self, connection: Connection) -> list[str]:
        faults: list[str] = []
        rows = await connection.fetch(
            "select s.position, e.kind, e.subject, e.body from journal.seal s"
            " left join journal.entry e on e.at = s.at and e.seq = s.seq"
            " where s.position > $1 order by s.position",
            self._position,
        )
        changes: list[Change] = []
        for row in rows:
            if row["position"] != self._position + 1:
                faults.append(f"hole in the journal after {self._position}")
            self._position = row["position"]
            if row["kind"] in ITEM_KINDS:
                self._touched[self._position] = row["subject"]
            if row["kind"] in CHANGES:
                change = _change(row)
                changes.append(change)
                self._by_fact[change.fact].append(change)
                if change.kind == "loans.undone":
                    self._undone[change.item].append(change.position)
        self._oracle.read(changes)
        if unsealed := await count_unsealed(connection):
            faults.append(f"{unsealed} committed entries have no position")
        doubled = [fact for fact, told in self._by_fact.items() if len(told) > 1]
        return faults + [f"fact {fact} is in the journal twice" for fact in doubled]

    def _check_confirmed(self) -> list[str]:
        faults: list[str] = []
        for memory in self.memories:
            last: dict[str, int] = {}
            for line in memory.confirmed:
                told = self._told_of(line)
                if told is None:
                    faults.append(f"lost: {line.what} {line.fact} of item {line.item}")
                    continue
                if told < last.get(line.item, 0):
                    faults.append(f"out of order: {line.what} {line.fact} of item {line.item}")
                last[line.item] = told
        return faults

    def _told_of(self, line: Confirmed) -> int | None:
        """Return where the journal tells of this line; None if it does not."""
        changes = self._by_fact.get(line.fact, [])
        if line.what is Tone.UNDONE:
            later = (at for at in self._undone[line.item] if changes and at > changes[0].position)
            return next(later, None)
        for change in changes:
            borrower_fits = line.what is not Tone.BORROWED or change.person == line.person
            if change.kind == KIND_OF[line.what] and change.item == line.item and borrower_fits:
                return change.position
        return None

    # --- the ledger

    async def _check_ledger(self, connection: Connection) -> list[str]:
        lines = [line for memory in self.memories for line in memory.confirmed]
        borrowed = [line.fact for line in lines if line.what is Tone.BORROWED]
        facts = [line.fact for line in lines if line.what in KIND_OF]
        loans = await connection.fetch("select id::text, item::text, state from loans.loan")
        receipts = Counter(
            row["id"] for row in await connection.fetch("select id::text from devices.receipt")
        )
        known = Counter(row["id"] for row in loans)
        holders = Counter(row["item"] for row in loans if row["state"] == "open")
        aside = await connection.fetch("select reason, fact::text from devices.quarantine")
        return [
            *(f"loan {fact} is in the ledger {known[fact]} times" for fact in borrowed
              if known[fact] != 1),
            *(f"fact {fact} has {receipts[fact]} receipts" for fact in facts
              if receipts[fact] != 1),
            *(f"item {item} has {count} open loans" for item, count in holders.items()
              if count > 1),
            *(f"in quarantine: {row['fact']} {row['reason']}" for row in aside),
        ]  # fmt: skip

    async def _check_conflicts(self, connection: Connection) -> list[str]:
        rows = await connection.fetch("select fact::text, kind, item::text from loans.conflict")
        there = {(row["fact"], row["kind"]) for row in rows}
        missing = self._oracle.expected - there
        faults = [f"no {kind} on the conflict desk for fact {fact}" for fact, kind in missing]
        invented = [row for row in rows if row["item"] in self.undisputed]
        return faults + [f"invented {row['kind']} for fact {row['fact']}" for row in invented]

    # --- who watched

    def _check_watcher(self) -> list[str]:
        seen = self._watcher.seen[self._seen :]
        first = seen[0] if seen else 0
        faults: list[str] = []
        if seen != list(range(first, first + len(seen))):
            faults.append(f"the live page saw {_breaks(seen)}")
        if self._seen and seen and first != self._watcher.seen[self._seen - 1] + 1:
            faults.append(
                f"the live page went from {self._watcher.seen[self._seen - 1]} to {first}"
            )
        if self._watcher.seen and self._watcher.seen[-1] != self._position:
            faults.append(
                f"the live page stands at {self._watcher.seen[-1]} of {self._position}"
                f" and is {self._watcher.doing} (connection {self._watcher.connections})"
            )
        if self._watcher.resyncs:
            faults.append(f"the live page was told to load anew {self._watcher.resyncs} times")
        self._seen = len(self._watcher.seen)
        return faults

    def check_conversation(self, name: str, told: Conversation) -> list[str]:
        """Check one connection's changes: positions rise, and bring every item touched between."""
        if told.hello is None or not told.changes:
            return []
        faults: list[str] = []
        before: int | None = told.hello.position
        brought: set[str] = set()
        for changes in told.changes:
            if changes.reset:
                before = None  # a snapshot holds everything up to its position
            brought.update(row.id for row in changes.items)
            if changes.more:
                continue
            if before is not None:
                faults += self._check_changes(name, before, changes, brought)
            before = changes.position
            brought = set()
        return self._fresh(faults)

    def _check_changes(
        self, name: str, before: int, changes: Changes, brought: set[str]
    ) -> list[str]:
        if changes.position < before:
            return [f"{name}'s replica was sent back from {before} to {changes.position}"]
        span = range(before + 1, changes.position + 1)
        due = {self._touched[position] for position in span if position in self._touched}
        return [
            f"{name}'s replica was not told of item {item} between {before} and {changes.position}"
            for item in due - brought
        ]

    def check_replica(
        self, name: str, folder: Path, truth: "dict[str, PersonRow | ItemRow]"
    ) -> list[str]:
        """Compare a replica's file with what the server gives a new kiosk."""
        mine = read_replica(folder)
        return self._fresh(
            f"{name}'s replica has {mine.get(key)} instead of {truth.get(key)}"
            for key in mine.keys() | truth.keys()
            if mine.get(key) != truth.get(key)
        )

    async def _check_chain(self, connection: Connection) -> list[str]:
        noted: Sequence[Checkpoint] = [self._checkpoint] if self._checkpoint else []
        since = self._checkpoint.position if self._checkpoint else 0
        report = await verify(connection, since, noted)
        self._checkpoint = report.end
        return [f"the chain is broken at {fault.position}: {fault.kind}" for fault in report.faults]


async def count_unsealed(connection: Connection) -> int:
    """Return how many committed entries have no position yet."""
    count: int = await connection.fetchval(
        "select count(*) from journal.entry e"
        " where not exists (select from journal.seal s where s.seq = e.seq)"
    )
    return count


def read_replica(folder: Path) -> "dict[str, PersonRow | ItemRow]":
    """Read the rows of a replica's file through a copy: the agent has locked its own."""
    with tempfile.TemporaryDirectory() as scratch:
        for file in folder.glob("replica.db*"):
            shutil.copy(file, scratch)
        with closing(sqlite3.connect(Path(scratch) / "replica.db")) as connection:
            rows: dict[str, PersonRow | ItemRow] = {}
            for (row,) in connection.execute("select row from person"):
                person = msgspec.json.decode(row, type=PersonRow)
                rows[person.id] = person
            for (row,) in connection.execute("select row from item"):
                item = msgspec.json.decode(row, type=ItemRow)
                rows[item.id] = item
            return rows


def _change(row: asyncpg.Record) -> Change:
    body: dict[str, Any] = msgspec.json.decode(row["body"])
    return Change(
        position=row["position"],
        kind=row["kind"],
        item=row["subject"],
        fact=body["fact"],
        loan=body["loan"],
        person=body["person"],
        state=body["state"],
        at=datetime.fromisoformat(body["at"]),
        certain=body.get("certain", True),
    )


def _breaks(seen: Sequence[int]) -> str:
    broken = [(a, b) for a, b in pairwise(seen) if b != a + 1]
    return ", ".join(f"{b} after {a}" for a, b in broken[:5])
