"""Power loss with torn writes under a working agent: its files hold what it said they hold.

A child process works with the real queue while its writes are recorded, and tells what it is about
to do and what is done. The queue is then opened as the disk may be after a power loss at many
points, and must be as it was before or after the operation that was under way. Only deletions may
be undone: a row that comes back is sent again, and the server answers it as it did before.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from agent.outbox import Draft, Outbox
from agent.queue_file import QueueFile
from agent.replica import Replica
from agent.replica_file import ReplicaFile
from agent.salvage import salvage
from contract.facts import CardUnknown
from support.power import PowerDisk
from support.power.trace import Kind, read
from support.process import REPO
from support.workshop import YAMADA_CARD, event_id, moment

SEED = "20260711"

PRELUDE = """
import asyncio, json, os, random, sys
from pathlib import Path

path, chance, steps = Path(sys.argv[1]), random.Random(sys.argv[2]), int(sys.argv[3])

def tell(what, *rest):
    at = os.stat(os.environ["GENBA_RECORD_TRACE"]).st_size
    print(json.dumps([at, what, *rest]), flush=True)
"""

QUEUE = """
from agent.outbox import Draft, Outbox
from contract.cards import CardUid
from contract.facts import CardUnknown
from contract.ids import BootId
from support.workshop import event_id, moment

def draft():
    card = "%X" % chance.randrange(16) * chance.choice((16, 16, 16, 700, 6000))
    return Draft(event_id(), CardUnknown(CardUid(card)))

async def step(outbox):
    kind = chance.random()
    if kind < 0.7:
        drafts = [draft() for _ in range(chance.choice((1, 1, 2, 5)))]
        tell("append", [[each.id, each.body.card] for each in drafts])
        tell("done", [fact.seq for fact in await outbox.append(drafts, moment())])
    elif kind < 0.94:
        rows = await outbox.waiting(chance.choice((1, 3, 20, 1000)))
        chance.shuffle(rows)
        tell("acknowledge", [row.id for row in rows])
        tell("done", await outbox.acknowledge(rows))
    elif kind < 0.97:
        tell("renumber")
        tell("done", await outbox.begin_epoch())
    else:
        boot, offset = str(chance.randrange(5)), chance.randrange(1000)
        tell("learn", boot, offset)
        await outbox.learn_offset(BootId(boot), offset)
        tell("done")

async def main():
    for _ in range(3):
        tell("open")
        async with Outbox.open(path) as outbox:
            tell("done", outbox.epoch)
            for _ in range(steps):
                await step(outbox)
        tell("closed")
"""

OPENING = """
from agent.queue_file import QueueFile

async def main():
    QueueFile(path).close()
"""

REPLICA = """
from agent.replica import Replica
from agent.replica_file import ReplicaFile
from contract.ids import JournalEpoch
from contract.link import Changes
from support.workshop import item, person

def changes(position):
    cards = ["%016X" % chance.randrange(60) for _ in range(chance.choice((1, 3, 30)))]
    items = [item("x" * chance.choice((9, 900, 5000)), card, version=position) for card in cards]
    people = [person("y" * chance.randrange(99), card, version=position) for card in cards[:2]]
    gone = [row.id for row in (*items, *people) if chance.random() < 0.2]
    reset = position == 1 or chance.random() < 0.05
    return Changes(
        JournalEpoch("journal"), position, tuple(people), tuple(items), tuple(gone), reset=reset
    )

async def main():
    position = 0
    for _ in range(3):
        known = Replica()
        async with ReplicaFile.open(path, known) as file:
            for _ in range(steps):
                position += 1
                written = known.apply(changes(position))
                rows = sorted(map(repr, (*known.people(), *known.items())))
                tell("write", position, rows)
                await file.write(written, known)
                tell("done")
"""

LESS_SYNCED = """
import sqlite3
connect = sqlite3.connect

class LessSynced(sqlite3.Connection):
    def execute(self, sql, *rest):
        return super().execute(sql.replace("synchronous = FULL", "synchronous = {}"), *rest)

sqlite3.connect = lambda *rest, **named: connect(*rest, factory=LessSynced, **named)
"""


def run(disk: PowerDisk, program: str, path: Path, seed: str, steps: int) -> list[list[Any]]:
    """Run a recorded child and return what it has told: a point of the recording, and what."""
    done = subprocess.run(
        [sys.executable, "-c", f"{PRELUDE}{program}\nasyncio.run(main())", path, seed, str(steps)],
        env={**os.environ, **disk.environment, "PYTHONPATH": f"{REPO}:{REPO / 'tests'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def crash_points(disk: PowerDisk, number: int, seed: str) -> list[int]:
    """Return points all over the recording, and more of them at its begin, where files are made."""
    ends = [record.end for record in read(disk.trace.read_bytes())]
    return [*ends[: number // 2 : 2], *random.Random(seed).sample(ends[number // 2 :], number)]


@dataclass(frozen=True)
class Queue:
    """What a queue holds: its rows as (id, number, card), and the last number that it gave out."""

    epoch: str | None = None  # not known before its first opening is done
    rows: tuple[tuple[str, int, str], ...] = ()
    last: int = 0
    offsets: tuple[tuple[str, int], ...] = ()

    def after(self, what: str, rest: list[Any], answer: list[Any]) -> "Queue":
        """Return what it holds after an operation."""
        match what:
            case "open":
                assert self.epoch in (None, answer[0])
                return replace(self, epoch=answer[0])
            case "append":
                new = zip(rest[0], answer[0], strict=True)
                rows = (*self.rows, *((event, seq, card) for (event, card), seq in new))
                return replace(self, rows=rows, last=answer[0][-1])
            case "acknowledge":
                rows = tuple(row for row in self.rows if row[0] not in rest[0])
                assert answer[0] == len(self.rows) - len(rows)
                return replace(self, rows=rows)
            case "renumber":
                rows = tuple(
                    (event, seq, card) for seq, (event, _, card) in enumerate(self.rows, 1)
                )
                return replace(self, epoch=answer[0], rows=rows, last=len(rows))
            case "learn":
                offsets = {**dict(self.offsets), rest[0]: rest[1]}
                return replace(self, offsets=tuple(sorted(offsets.items())))
        return self

    def is_like(self, other: "Queue") -> bool:
        return self == other if self.epoch is not None else self == replace(other, epoch=None)


@dataclass(frozen=True)
class Step:
    begun: int
    done: int
    after: Queue
    durable: bool = True


def history(told: list[list[Any]], before: Queue) -> list[Step]:
    """Return what the queue must hold after each operation."""
    steps = [Step(0, 0, before)]
    for (begun, what, *rest), (done, answered, *answer) in pairwise(told):
        if answered == "done":
            after = steps[-1].after.after(what, rest, answer)
            steps.append(Step(begun, done, after, durable=what != "acknowledge"))
    return steps


async def found_in(path: Path) -> Queue:
    """Open the queue and return what it holds; one more append tells its last number."""
    async with Outbox.open(path) as outbox:
        assert outbox.set_aside == 0, "the queue was taken for damaged"
        waiting = await outbox.waiting(1_000_000)
        rows = tuple((row.id, row.seq, json.loads(bytes(row.body))["card"]) for row in waiting)
        (probe,) = await outbox.append([Draft(event_id(), CardUnknown(YAMADA_CARD))], moment())
        offsets = tuple(sorted(outbox.offsets.items()))
        return Queue(outbox.epoch, rows, probe.seq - 1, offsets)


def may_be(steps: list[Step], at: int) -> list[Queue]:
    """Return what the queue may hold after a power loss: all that is durable, or more."""
    durable = max(number for number, step in enumerate(steps) if step.durable and step.done <= at)
    return [step.after for step in steps[durable:] if step.begun <= at]


def difference(found: Queue, allowed: list[Queue], where: str) -> str:
    """Say what is wrong, or nothing."""
    if any(queue.is_like(found) for queue in allowed):
        return ""
    here = [row[0] for row in found.rows]
    lost = certain(allowed) - set(here)
    unknown = set(here) - {row[0] for queue in allowed for row in queue.rows}
    return (
        f"{where}: {len(lost)} lost, {len(unknown)} unknown, {len(here) - len(set(here))} twice;"
        f" epoch {found.epoch}, last {found.last}, offsets {found.offsets};"
        f" allowed: {[(queue.epoch, queue.last, queue.offsets) for queue in allowed]}"
    )


@dataclass(frozen=True)
class Sent:
    """A position of the replica and all rows that it had there."""

    begun: int
    position: int
    rows: list[str]


def certain(allowed: list[Queue]) -> set[str]:
    """Return the facts that must be there."""
    return set.intersection(*({row[0] for row in queue.rows} for queue in allowed))


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory: what survives is decided by the recording, so real syncs are in vain."""
    shared = Path("/dev/shm")
    with TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else tmp_path) as folder:
        (Path(folder) / "data").mkdir()
        yield Path(folder)


async def test_queue_holds_what_was_appended_at_every_power_loss(
    tmp_path: Path, memory: Path
) -> None:
    disk, image = PowerDisk(memory / "data", tmp_path / "trace"), memory / "image"
    queue, checkpointed = Queue(), 0
    for life in range(3):
        seed = f"{SEED}-{life}"
        told = run(disk, QUEUE, disk.folder / "outbox.db", seed, steps=150)
        checkpointed += checkpoints_under_way(disk, told)
        steps = history(told, queue)
        points = crash_points(disk, 40, seed)
        for at in points:
            disk.lose_power(random.Random(f"{seed}-{at}"), at, image)
            where = f"power loss at {at} of {disk.trace}, seed {seed}"
            assert not difference(await found_in(image / "outbox.db"), may_be(steps, at), where)
        # The next life begins with what this one's last power loss left, and recovers it.
        disk.lose_power(random.Random(f"{seed}-{at}"), at, image)
        disk.lose_power(random.Random(f"{seed}-{at}"), at)
        found = await found_in(image / "outbox.db")
        queue = next(each for each in may_be(steps, at) if each.is_like(found))
    assert checkpointed > 0, "the child was to fill its log"


def checkpoints_under_way(disk: PowerDisk, told: list[list[Any]]) -> int:
    """Return how many writes to the database itself fell into operations, not into closing."""
    closing = [(told[n - 1][0], at) for n, (at, what, *_) in enumerate(told) if what == "closed"]
    return sum(
        record.kind is Kind.WRITE
        and record.path == "outbox.db"
        and not any(begin < record.end <= end for begin, end in closing)
        for record in read(disk.trace.read_bytes())
    )


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
async def test_the_same_check_finds_the_facts_that_a_less_synchronous_queue_loses(
    tmp_path: Path, memory: Path, synchronous: str
) -> None:
    path, image = memory / "data" / "outbox.db", memory / "image"
    file = QueueFile(path)  # the file itself is on the disk: only what is appended is at stake
    before = Queue(file.epoch)
    file.close()
    disk = PowerDisk(path.parent, tmp_path / "trace")
    told = run(disk, LESS_SYNCED.format(synchronous) + QUEUE, path, SEED, steps=60)
    steps = history(told, before)
    lossy = 0
    for at in crash_points(disk, 20, SEED):
        disk.lose_power(random.Random(f"{SEED}-{at}"), at, image)
        file = QueueFile(image / "outbox.db")
        here = {row.row.id for row in file.read(0, 1_000_000)}
        file.close()
        lossy += any(event not in here for event in certain(may_be(steps, at)))
    assert lossy > 3


async def test_no_fact_is_lost_when_the_power_goes_while_a_damaged_queue_is_salvaged(
    tmp_path: Path, memory: Path
) -> None:
    path, image = memory / "data" / "outbox.db", memory / "image"
    async with Outbox.open(path) as outbox:
        for _ in range(150):
            await outbox.append([Draft(event_id(), CardUnknown(YAMADA_CARD))], moment())
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + b"\xa5" * 4096 + whole[middle + 4096 :])
    readable = set(salvage(path))
    assert len(readable) > 100
    disk = PowerDisk(path.parent, tmp_path / "trace")
    for life in range(2):
        run(disk, OPENING, path, SEED, steps=0)
        points = [record.end for record in read(disk.trace.read_bytes())]
        for at in points:
            for seed in (f"{SEED}-{life}-{number}" for number in range(2)):
                disk.lose_power(random.Random(seed), at, image)
                file = QueueFile(image / "outbox.db")
                here = [row.row.id for row in file.read(0, 1_000_000)]
                file.close()
                where = f"power loss at {at} of {disk.trace}, seed {seed}"
                assert readable <= set(here), f"{where}: {len(readable - set(here))} lost"
                assert len(here) == len(set(here)), f"{where}: some are there twice"
                assert file.set_aside == 1, where
        # The salvage goes on from a loss in its middle, and loses power again.
        disk.lose_power(random.Random(SEED), points[len(points) // 2])


async def test_replica_is_one_that_the_server_once_sent_whole(
    tmp_path: Path, memory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk, image = PowerDisk(memory / "data", tmp_path / "trace"), memory / "image"
    told = run(disk, REPLICA, disk.folder / "replica.db", SEED, steps=60)
    sent = [Sent(0, 0, []), *(Sent(at, *rest) for at, what, *rest in told if what == "write")]
    found = set()
    for at in crash_points(disk, 40, SEED):
        disk.lose_power(random.Random(f"{SEED}-{at}"), at, image)
        where = f"power loss at {at} of {disk.trace}, seed {SEED}-{at}"
        known = Replica()
        async with ReplicaFile.open(image / "replica.db", known):
            pass
        here = sorted(map(repr, (*known.people(), *known.items())))
        whole = [each.position for each in sent if each.begun <= at and each.rows == here]
        assert whole, f"{where}: {len(here)} rows that were never sent together"
        # Behind them it may be: rows that come again do no harm.
        assert known.position <= max(whole), f"{where}: the position is ahead of the rows"
        assert not caplog.messages, where
        found.add(max(whole))
    assert len(found) > 10
