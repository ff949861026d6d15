"""The replica on disk: there at the next start, and never in the way."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import msgspec
import pytest

from agent.replica import Replica
from agent.replica_file import MAX_BEHIND, ReplicaFile
from contract.ids import JournalEpoch
from contract.link import Changes
from contract.replica import ItemRow
from support.workshop import CALIPER_CARD, WRENCH_CARD, item, person, snapshot

WRENCH, CALIPER = item(), item("ノギス", CALIPER_CARD)


async def store(path: Path, *changes: Changes) -> Replica:
    known = Replica()
    async with ReplicaFile.open(path, known) as file:
        for change in changes:
            written = known.apply(change)
            if written is not None:
                await file.write(written, known)
    return known


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "replica.db"


async def test_rows_and_position_are_there_at_the_next_start(path: Path) -> None:
    await store(path, snapshot(person(), WRENCH, position=7))
    known = await store(path)
    assert known.item(WRENCH.id) == WRENCH
    assert known.person(person().id) == person()
    assert (known.journal_epoch, known.position) == ("journal-1", 7)


async def test_changes_and_removals_are_kept(path: Path) -> None:
    newer = item("新しい名前", version=2)
    change = Changes(JournalEpoch("journal-1"), 8, items=(newer, CALIPER), gone=(person().id,))
    await store(path, snapshot(person(), WRENCH), change)
    known = await store(path)
    assert known.item(WRENCH.id) == newer
    assert known.item(CALIPER.id) == CALIPER
    assert known.person(person().id) is None
    assert known.position == 8


async def test_a_position_without_rows_is_kept(path: Path) -> None:
    await store(path, snapshot(WRENCH, position=1), Changes(JournalEpoch("journal-1"), 50))
    assert (await store(path)).position == 50


async def test_a_snapshot_replaces_all_rows(path: Path) -> None:
    await store(path, snapshot(WRENCH), snapshot(CALIPER))
    known = await store(path)
    assert known.item(WRENCH.id) is None
    assert known.holder(WRENCH_CARD) is None


@pytest.mark.parametrize("noise", [b"no database", b"\xff" * 9_000])
async def test_a_damaged_file_is_begun_anew_and_asks_for_a_snapshot(
    path: Path, noise: bytes
) -> None:
    await store(path, snapshot(WRENCH, position=7))
    path.write_bytes(noise)
    known = await store(path)
    assert known.position == 0
    assert known.journal_epoch is None
    await store(path, snapshot(WRENCH, position=9))
    assert (await store(path)).position == 9


async def test_a_file_of_another_release_is_begun_anew(path: Path) -> None:
    await store(path, snapshot(WRENCH, position=7))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert (await store(path)).position == 0


async def test_a_write_that_failed_is_made_up_for_by_the_next(path: Path) -> None:
    known = Replica()
    async with ReplicaFile.open(path, known) as file:
        connection = file._connection
        assert connection is not None
        connection.execute("PRAGMA query_only = 1")
        written = known.apply(snapshot(WRENCH, position=3))
        assert written is not None
        await file.write(written, known)
        connection.execute("PRAGMA query_only = 0")
        change = Changes(JournalEpoch("journal-1"), 4, items=(CALIPER,))
        written = known.apply(change)
        assert written is not None
        await file.write(written, known)
    again = await store(path)
    assert again.position == 4
    assert again.item(WRENCH.id) == WRENCH
    assert again.item(CALIPER.id) == CALIPER


async def test_a_position_that_moves_on_is_written_only_now_and_then(path: Path) -> None:
    known = Replica()
    async with ReplicaFile.open(path, known) as file:
        for position in range(1, 1_001):
            written = known.apply(Changes(JournalEpoch("journal-1"), position))
            assert written is not None
            await file.write(written, known)
        pages = Path(f"{path}-wal").stat().st_size / 4120
        assert pages < 40
    assert (await store(path)).position == 1_000


async def test_after_a_crash_the_position_is_never_ahead_of_the_rows(path: Path) -> None:
    known = Replica()
    async with ReplicaFile.open(path, known) as file:
        for position in range(1, 251):
            row = item(version=position)
            written = known.apply(Changes(JournalEpoch("journal-1"), position, items=(row,)))
            assert written is not None
            await file.write(written, known)
        # As a power cut leaves it: nothing is written at the end.
        connection = file._connection
        assert connection is not None
        (stored,) = connection.execute("SELECT position FROM reached").fetchone()
        (row_text,) = connection.execute("SELECT row FROM item").fetchone()
    assert 250 - MAX_BEHIND <= stored <= 250
    assert msgspec.json.decode(row_text, type=ItemRow).version == 250


async def test_a_write_that_was_cancelled_is_made_up_for_by_the_next(path: Path) -> None:
    known = Replica()
    may_go = threading.Event()
    async with ReplicaFile.open(path, known) as file:
        file._thread.submit(may_go.wait, 5)  # a slow disk
        written = known.apply(snapshot(WRENCH, position=3))
        assert written is not None
        writing = asyncio.create_task(file.write(written, known))
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait([writing])
        may_go.set()
        written = known.apply(Changes(JournalEpoch("journal-1"), 4, items=(CALIPER,)))
        assert written is not None
        await file.write(written, known)
    again = await store(path)
    assert again.position == 4
    assert again.item(WRENCH.id) == WRENCH


async def test_a_row_that_comes_again_is_not_written_again(path: Path) -> None:
    known = Replica()
    known.apply(snapshot(WRENCH, position=1))
    again = known.apply(Changes(JournalEpoch("journal-1"), 2, items=(WRENCH,)))
    assert again is not None
    assert again.items == ()
