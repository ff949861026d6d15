"""Checkpoints on disk: their lines, their copies, their keys, and what a restore means."""

import asyncio
from pathlib import Path

import pytest

from server.kernel import checkpoint_files
from server.kernel.checkpoint import KeyChange, SignedCheckpoint, key_of, read_line
from server.kernel.checkpoint_files import raw_lines
from server.kernel.checkpoint_verify import verify_checkpoints
from server.kernel.checkpointing import KEY, Checkpoints
from server.kernel.database import Database, connect
from server.kernel.journal import Journal
from server.kernel.journal_epoch import begin_epoch
from server.kernel.journal_faults import FaultKind, Faults
from server.kernel.sealing import seal_batch
from server.kernel.secrets import Secrets
from support.journal_entries import entry, write


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path / "keys")


@pytest.fixture
def checkpoints(database: Database, secrets: Secrets, tmp_path: Path) -> Checkpoints:
    (tmp_path / "usb").mkdir()
    return Checkpoints(database, secrets, tmp_path / "checkpoints", tmp_path / "usb")


async def grow(database: Database, count: int = 1) -> None:
    await write(database, Journal(database), *(entry() for _ in range(count)))
    async with connect(database.dsn) as connection:
        await seal_batch(connection)


async def faults_of(
    database: Database, checkpoints: Checkpoints, key: str
) -> tuple[list[FaultKind], int]:
    faults = Faults()
    async with database.connection() as connection:
        report = await verify_checkpoints(connection, checkpoints.folders, key, faults)
    return [fault.kind for fault in faults.kept], report.abandoned


async def test_a_checkpoint_says_the_chains_end_and_only_when_it_moved(
    database: Database, checkpoints: Checkpoints
) -> None:
    await grow(database, 3)
    written = await checkpoints.write()
    assert written is not None
    assert (written.number, written.position) == (1, 3)
    assert await checkpoints.write() is None
    await grow(database)
    again = await checkpoints.write()
    assert again is not None
    assert (again.number, again.position) == (2, 4)


async def test_files_and_folder_are_for_their_owner_alone(
    database: Database, checkpoints: Checkpoints
) -> None:
    await checkpoints.write()
    [path] = checkpoint_files.files(checkpoints.folder)
    assert path.stat().st_mode & 0o777 == 0o600
    assert checkpoints.folder.stat().st_mode & 0o777 == 0o700


async def test_what_a_power_cut_left_of_a_line_is_no_tampering(
    database: Database, checkpoints: Checkpoints, secrets: Secrets
) -> None:
    await grow(database)
    await checkpoints.write()
    [path] = checkpoint_files.files(checkpoints.folder)
    with path.open("ab") as file:
        file.write(b'{"type":"checkp')
    key = key_of(secrets.ed25519(KEY))
    assert await faults_of(database, checkpoints, key) == ([], 0)
    await grow(database)
    await checkpoints.write()
    assert await faults_of(database, checkpoints, key) == ([], 0)
    assert len(list(raw_lines(checkpoints.folder))) == 2


async def test_a_copy_that_was_away_catches_up(
    database: Database, checkpoints: Checkpoints
) -> None:
    assert checkpoints.copy is not None
    await checkpoints.write()
    away = checkpoints.copy.rename(checkpoints.copy.with_name("away"))
    await grow(database)
    await checkpoints.write()
    assert checkpoints.trouble == "copy_missing"
    away.rename(checkpoints.copy)
    await grow(database)
    await checkpoints.write()
    assert checkpoints.trouble == ""
    ours, copied = (list(raw_lines(folder)) for folder in checkpoints.folders)
    assert [raw for _, raw in ours] == [raw for _, raw in copied]


async def test_a_copy_is_never_made_to_agree_with_a_changed_original(
    database: Database, checkpoints: Checkpoints
) -> None:
    await grow(database)
    await checkpoints.write()
    await grow(database)
    await checkpoints.write()
    [path] = checkpoint_files.files(checkpoints.folder)
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    await grow(database)
    await checkpoints.write()
    assert checkpoints.trouble == "copy_differs"


async def test_a_former_key_stays_proven_by_the_new_one_and_the_new_by_the_former(
    database: Database, checkpoints: Checkpoints, secrets: Secrets
) -> None:
    former = key_of(secrets.ed25519(KEY))
    await grow(database)
    await checkpoints.write()
    change = await checkpoints.rotate_key()
    new = key_of(secrets.ed25519(KEY))
    assert (change.former, change.key) == (former, new)
    assert former != new
    await grow(database)
    await checkpoints.write()
    assert await faults_of(database, checkpoints, former) == ([], 0)
    assert await faults_of(database, checkpoints, new) == ([], 0)
    stranger = key_of(secrets.ed25519("stranger"))
    assert FaultKind.CHECKPOINT_KEY in (await faults_of(database, checkpoints, stranger))[0]


async def test_a_rotation_that_power_cut_off_is_finished_by_the_next_line(
    database: Database,
    checkpoints: Checkpoints,
    secrets: Secrets,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await grow(database)
    await checkpoints.write()

    def power_cut(*_: object) -> None:
        raise OSError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(Secrets, "promote", power_cut)
        with pytest.raises(OSError, match="power"):
            await checkpoints.rotate_key()
    await grow(database)
    await checkpoints.write()
    lines = [read_line(raw) for _, raw in raw_lines(checkpoints.folder)]
    assert isinstance(lines[1], KeyChange)
    assert lines[2].key == lines[1].key == key_of(secrets.ed25519(KEY))
    assert await faults_of(database, checkpoints, lines[2].key) == ([], 0)


async def test_a_restored_database_is_a_new_line_of_history_and_no_tampering(
    database: Database, checkpoints: Checkpoints, secrets: Secrets
) -> None:
    await grow(database, 5)
    await checkpoints.write()
    async with connect(database.dsn) as connection:
        # An older copy: the last two entries never came to it.
        await connection.execute("set session_replication_role = replica")
        await connection.execute(
            "delete from journal.entry e using journal.seal s"
            " where s.seq = e.seq and s.position > 3"
        )
        await connection.execute("delete from journal.seal where position > 3")
        await connection.execute(
            "update journal.sealed set position = 3,"
            " hash = (select hash from journal.seal where position = 3)"
        )
        key = key_of(secrets.ed25519(KEY))
        assert FaultKind.END_MISSING in (await faults_of(database, checkpoints, key))[0]
        await connection.execute("set session_replication_role = default")
        await begin_epoch(connection)
    await grow(database, 2)
    await checkpoints.write()
    assert await faults_of(database, checkpoints, key) == ([], 2), "one in each folder"


async def test_months_that_are_long_gone_are_forgotten(
    database: Database, checkpoints: Checkpoints
) -> None:
    await checkpoints.write()
    [path] = checkpoint_files.files(checkpoints.folder)
    path.rename(path.with_name("2001-01.jsonl"))
    await grow(database)
    await checkpoints.write()
    await checkpoints.write()
    assert [p.name for p in checkpoint_files.files(checkpoints.folder)] != ["2001-01.jsonl"]


async def test_the_end_of_the_server_writes_one_more(
    database: Database, checkpoints: Checkpoints
) -> None:
    running = asyncio.create_task(checkpoints.run())
    while not checkpoint_files.files(checkpoints.folder):
        await asyncio.sleep(0.01)
    await grow(database, 2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    written = checkpoint_files.last_line(checkpoints.folder)
    assert written is not None
    assert isinstance(written.line, SignedCheckpoint)
    assert written.line.position == 2
