"""The replica on disk: there at the next start, and never in the way."""

import sqlite3
from pathlib import Path

import pytest

from agent.replica import Replica
from agent.replica_file import ReplicaFile
from contract.ids import JournalEpoch
from contract.link import Changes
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
