"""The durable queue: what it has confirmed is there, whatever happens to process, disk or file."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.outbox import Draft, Outbox, OutboxError, OutboxFull
from agent.queue_file import (
    CHECKPOINT_PAGES,
    MAX_WAL_BYTES,
    PAGE_BYTES,
    QueueFile,
    QueueNewer,
)
from contract.facts import CardUnknown, Fact
from contract.ids import BootId, EventId
from contract.moment import Clock
from support.workshop import NOON_US, YAMADA_CARD, event_id, moment

WRITER = """
import asyncio, sys
from pathlib import Path
from support.workshop import YAMADA_CARD, event_id, moment
from agent.outbox import Draft, Outbox
from contract.facts import CardUnknown

async def main():
    async with Outbox.open(Path(sys.argv[1])) as outbox:
        while True:
            facts = await outbox.append([Draft(event_id(), CardUnknown(YAMADA_CARD))], moment())
            print(facts[0].id, facts[0].seq, flush=True)

asyncio.run(main())
"""


def draft() -> Draft:
    return Draft(event_id(), CardUnknown(YAMADA_CARD))


async def append(outbox: Outbox, number: int) -> list[Fact]:
    facts = []
    for _ in range(number):
        facts += await outbox.append([draft()], moment())
    return facts


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Outbox]:
    async with Outbox.open(path) as outbox:
        yield outbox


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


async def test_rows_come_back_in_order_with_dense_numbers_and_their_ids(path: Path) -> None:
    async with opened(path) as outbox:
        facts = await append(outbox, 5)
        rows = await outbox.waiting(10)
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5]
    assert [row.fact() for row in rows] == facts


async def test_rows_survive_closing_and_numbers_go_on(path: Path) -> None:
    async with opened(path) as outbox:
        first = await append(outbox, 2)
        epoch = outbox.epoch
    async with opened(path) as outbox:
        assert outbox.epoch == epoch
        assert outbox.count == 2
        (third,) = await append(outbox, 1)
        assert third.seq == first[-1].seq + 1


async def test_numbers_are_never_used_again_even_after_every_row_was_deleted(path: Path) -> None:
    async with opened(path) as outbox:
        await outbox.acknowledge(await append(outbox, 3))
        assert outbox.count == 0
    async with opened(path) as outbox:
        (fact,) = await append(outbox, 1)
    assert fact.seq == 4


async def test_rows_of_one_append_are_all_there_in_one_transaction(path: Path) -> None:
    async with opened(path) as outbox:
        facts = await outbox.append([draft(), draft(), draft()], moment())
        assert [fact.seq for fact in facts] == [1, 2, 3]


async def test_an_answer_deletes_only_the_row_with_that_number_and_id(path: Path) -> None:
    async with opened(path) as outbox:
        mine, other = await append(outbox, 2)
        forged = Fact(EventId(other.id), mine.seq, mine.at, mine.body)
        assert await outbox.acknowledge([forged]) == 0
        assert await outbox.acknowledge([mine]) == 1
        assert await outbox.acknowledge([mine]) == 0
        assert [row.id for row in await outbox.waiting(9)] == [other.id]


async def test_rows_answered_out_of_order_leave_the_others(path: Path) -> None:
    async with opened(path) as outbox:
        facts = await append(outbox, 4)
        await outbox.acknowledge([facts[3], facts[1]])
    async with opened(path) as outbox:
        assert [row.seq for row in await outbox.waiting(9)] == [1, 3]
        (fact,) = await append(outbox, 1)
        assert fact.seq == 5


async def test_a_new_epoch_numbers_waiting_rows_from_one_and_keeps_their_ids(path: Path) -> None:
    async with opened(path) as outbox:
        facts = await append(outbox, 5)
        await outbox.acknowledge([facts[0], facts[2]])
        old = outbox.epoch
        assert await outbox.begin_epoch() != old
        rows = await outbox.waiting(9)
        assert [(row.seq, row.id) for row in rows] == [
            (1, facts[1].id), (2, facts[3].id), (3, facts[4].id)
        ]  # fmt: skip
        (fact,) = await append(outbox, 1)
        assert fact.seq == 4


async def test_append_tells_whoever_waits_for_rows(path: Path) -> None:
    async with opened(path) as outbox:
        assert not outbox.grown.is_set()
        await append(outbox, 1)
        assert outbox.grown.is_set()


async def test_rows_of_an_earlier_boot_get_their_time_when_it_was_learnt(path: Path) -> None:
    lost, learnt = BootId("boot-lost"), BootId("boot-learnt")
    async with opened(path) as outbox:
        await outbox.append([draft()], moment(5, Clock.UNKNOWN, lost))
        await outbox.append([draft()], moment(6, Clock.UNKNOWN, learnt))
        await outbox.append([draft()], moment(7, Clock.KNOWN, learnt))
        await outbox.learn_offset(learnt, 1_000)
    async with opened(path) as outbox:
        uncertain, corrected, known = [row.at for row in await outbox.waiting(9)]
    assert uncertain.clock is Clock.UNKNOWN
    assert (corrected.wall_us, corrected.clock) == (1_006, Clock.KNOWN)
    assert known.wall_us == NOON_US + 7


async def test_only_so_many_boots_are_remembered(path: Path) -> None:
    async with opened(path) as outbox:
        for number in range(70):
            await outbox.learn_offset(BootId(f"boot-{number}"), number)
    async with opened(path) as outbox:
        assert len(outbox.offsets) == 64
        assert outbox.offsets[BootId("boot-69")] == 69


async def test_a_row_of_a_newer_release_is_kept_and_sent_as_it_is(path: Path) -> None:
    async with opened(path) as outbox:
        await append(outbox, 1)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        (row,) = connection.execute("SELECT row FROM fact").fetchone()
        newer = row.replace(b'"card_unknown"', b'"weighed"')
        connection.execute("UPDATE fact SET row = ?", (newer,))
    async with opened(path) as outbox:
        (waiting,) = await outbox.waiting(1)
        assert waiting.fact() is None
        assert b'"weighed"' in bytes(waiting.body)
        assert outbox.set_aside == 0


def test_a_file_of_a_newer_release_is_left_untouched(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(QueueNewer):
        QueueFile(path)
    assert path.read_bytes() == before


async def test_a_second_agent_on_the_same_queue_is_refused(path: Path) -> None:
    async with opened(path) as outbox:
        await append(outbox, 1)
        with pytest.raises(OutboxError, match="locked"):
            async with opened(path):
                pass
        await append(outbox, 1)


@pytest.mark.parametrize("round_number", range(3))
async def test_every_row_confirmed_before_kill_9_is_there(path: Path, round_number: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as writer:
        assert writer.stdout is not None
        confirmed = [writer.stdout.readline().split() for _ in range(40 + round_number)]
        writer.send_signal(signal.SIGKILL)
        confirmed += [line.split() for line in writer.stdout if line.endswith("\n")]
    async with opened(path) as outbox:
        rows = await outbox.waiting(100_000)
        assert outbox.set_aside == 0
    found = [[row.id, str(row.seq)] for row in rows]
    assert found[: len(confirmed)] == confirmed
    assert len(found) - len(confirmed) in (0, 1), "at most the one that was being confirmed"


DAMAGES = {
    "its header is overwritten": lambda data: b"\xff" * 100 + data[100:],
    "its first page is zeroed": lambda data: bytes(4096) + data[4096:],
    "its tail is cut off": lambda data: data[: len(data) * 2 // 3],
    "a page in its middle is noise": lambda data: (
        data[: len(data) // 2] + b"\xa5" * 4096 + data[len(data) // 2 + 4096 :]
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_file_is_set_aside_and_what_can_be_read_is_kept(
    path: Path, damage: str
) -> None:
    async with opened(path) as outbox:
        facts = await append(outbox, 200)
        epoch = outbox.epoch
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    async with opened(path) as outbox:
        assert outbox.set_aside == 1
        assert outbox.epoch != epoch
        rows = await outbox.waiting(1_000)
        (fresh,) = await append(outbox, 1)
    ids = [fact.id for fact in facts]
    kept = [row.id for row in rows]
    assert kept == [event for event in ids if event in set(kept)], "in their old order"
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert len(kept) > 100
    assert fresh.seq == len(rows) + 1
    assert len(list(path.parent.glob("outbox.damaged-*.db"))) == 1


async def test_a_file_that_is_no_database_at_all_is_set_aside(path: Path) -> None:
    path.write_bytes(b"this was once a queue\n" * 500)
    async with opened(path) as outbox:
        assert outbox.set_aside == 1
        assert outbox.count == 0
    async with opened(path) as outbox:
        assert outbox.set_aside == 1, "it is told until someone removes the file"


async def test_a_power_cut_while_rows_are_salvaged_loses_none(path: Path) -> None:
    async with opened(path) as outbox:
        facts = await append(outbox, 20)
    path.write_bytes(bytes(64) + path.read_bytes()[64:])
    # As it is when the power went right after the damaged file was set aside.
    path.rename(path.with_name("outbox.salvaging-20260101T000000-1.db"))
    async with opened(path) as outbox:
        await append(outbox, 1)
        ids = [row.id for row in await outbox.waiting(99)]
    assert ids[:20] == [fact.id for fact in facts]
    # And as it is when it went again before the file got its last name.
    aside = next(path.parent.glob("outbox.damaged-*.db"))
    aside.rename(aside.with_name(aside.name.replace("damaged", "salvaging")))
    async with opened(path) as outbox:
        assert [row.id for row in await outbox.waiting(99)] == ids
        assert outbox.set_aside == 1


async def test_a_full_disk_refuses_whole_and_works_again_with_space(path: Path) -> None:
    async with opened(path) as outbox:
        await append(outbox, 3)
        connection = outbox._file._connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        big = [draft() for _ in range(200)]
        with pytest.raises(OutboxFull) as caught:
            await outbox.append(big, moment())
        assert caught.value.code == "disk_full"
        assert outbox.count == 3
        connection.execute("PRAGMA max_page_count = 1000000")
        facts = await outbox.append(big, moment())
        assert facts[0].seq == 4, "the failed attempt used up no number"


LIMITED = """
import asyncio, resource, sys
from pathlib import Path
from support.workshop import YAMADA_CARD, event_id, moment
from agent.outbox import Draft, Outbox, OutboxError
from contract.facts import CardUnknown

async def main():
    async with Outbox.open(Path(sys.argv[1])) as outbox:
        one = lambda: outbox.append([Draft(event_id(), CardUnknown(YAMADA_CARD))], moment())
        await one()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
        written = 1
        try:
            while True:
                await one()
                written += 1
        except OutboxError as exc:
            print("refused", exc.code, flush=True)
        assert outbox.count == written == len(await outbox.waiting(10_000))
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        (fact,) = await one()
        assert fact.seq == written + 1
        print("again", flush=True)

asyncio.run(main())
"""


def test_a_write_that_the_system_cuts_short_leaves_nothing_half_written(path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == ["refused", "disk_error", "again"]


async def test_files_stay_bounded_while_rows_come_and_go(path: Path) -> None:
    async with opened(path) as outbox:
        for _ in range(60):
            await outbox.acknowledge(await outbox.append([draft() for _ in range(50)], moment()))
        wal = Path(f"{path}-wal").stat().st_size
    assert wal <= MAX_WAL_BYTES
    assert path.stat().st_size < 100 * 4096


async def test_the_file_shrinks_after_a_long_absence_of_the_server(path: Path) -> None:
    async with opened(path) as outbox:
        facts = [await outbox.append([draft() for _ in range(500)], moment()) for _ in range(10)]
        for each in facts:
            await outbox.acknowledge(each)
    assert path.stat().st_size < 100 * PAGE_BYTES


async def test_a_tap_and_its_answer_cost_few_pages(path: Path) -> None:
    async with opened(path) as outbox:
        await append(outbox, 1)
        wal = Path(f"{path}-wal")
        before = wal.stat().st_size
        taps = CHECKPOINT_PAGES // 8
        for _ in range(taps):
            await outbox.acknowledge(await append(outbox, 1))
        written = wal.stat().st_size - before
    assert written / taps <= 3 * (PAGE_BYTES + 24)


async def test_every_append_is_synced_also_after_an_answer_that_is_not(path: Path) -> None:
    async with opened(path) as outbox:
        await outbox.acknowledge(await append(outbox, 3))
        connection = outbox._file._connection
        (level,) = connection.execute("PRAGMA synchronous").fetchone()
    assert level == 2, "FULL"
