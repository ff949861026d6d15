"""Whatever is done to the journal or its checkpoints, verification finds it."""

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.kernel.checkpoint import key_of
from server.kernel.checkpoint_verify import FilesReport, verify_checkpoints
from server.kernel.checkpointing import KEY, Checkpoints
from server.kernel.database import Connection, Database, connect
from server.kernel.journal import Journal
from server.kernel.journal_faults import Faults
from server.kernel.journal_redaction import Replacement, redact
from server.kernel.journal_verify import verify
from server.kernel.sealing import seal_batch
from server.kernel.secrets import Secrets
from support.journal_entries import entry
from support.tampering import Intruder

TAMPERINGS = 1_000
ENTRIES = 40
LENGTH = ENTRIES + 2  # with two redactions
EACH = 8  # entries between checkpoints


@dataclass
class Kept:
    """A sealed journal, and where its checkpoints are."""

    folder: Path
    copy: Path
    key: str


@pytest.fixture
async def kept(database: Database, tmp_path: Path) -> Kept:
    secrets = Secrets(tmp_path / "keys")
    folder, copy = tmp_path / "checkpoints", tmp_path / "usb"
    copy.mkdir()
    checkpoints = Checkpoints(database, secrets, folder, copy)
    journal = Journal(database)
    for first in range(0, ENTRIES, EACH):
        entries = [entry(f"{n}", actor=f"account:{n % 3}") for n in range(first, first + EACH)]
        await database.run(
            lambda c, e=entries: journal.append(c, e, address="192.0.2.7")  # type: ignore[misc]
        )
        if first == 2 * EACH:  # of these, two are redacted, and one of the two once more
            for positions in ((3, 11), (11,)):
                changes = [Replacement(each, "***", b'{"name":"***"}') for each in positions]
                await database.run(lambda c, r=changes: redact(c, journal, "me", "p", "test", r))  # type: ignore[misc]
        async with connect(database.dsn) as connection:
            await seal_batch(connection)
        assert await checkpoints.write() is not None
    return Kept(folder, copy, key_of(secrets.ed25519(KEY)))


async def found(connection: Connection, kept: Kept) -> tuple[Faults, FilesReport]:
    chain = await verify(connection)
    faults = Faults()
    report = await verify_checkpoints(connection, [kept.folder, kept.copy], kept.key, faults)
    faults.kept += chain.faults
    faults.count += chain.fault_count
    return faults, report


async def test_an_untouched_journal_is_sound_by_all_its_checkpoints(
    database: Database, kept: Kept
) -> None:
    async with connect(database.dsn) as connection:
        faults, report = await found(connection, kept)
    assert faults.kept == []
    assert report.checked == 2 * ENTRIES // EACH
    assert report.newest is not None
    assert report.newest.position == LENGTH


@pytest.mark.timeout(300)
async def test_each_of_a_thousand_random_tamperings_is_found(
    database: Database, kept: Kept, tmp_path: Path
) -> None:
    """Each in a transaction that is rolled back, on a copy of the files."""
    missed: list[str] = []
    async with connect(database.dsn) as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute("alter table journal.entry alter column seq drop identity")
        assert (await found(connection, kept))[0].kept == [], "what is found must come of tampering"
        for seed in range(TAMPERINGS):
            files = tmp_path / "tampered"
            shutil.copytree(kept.folder, files)
            shutil.copytree(kept.copy, files / "copy")
            transaction = connection.transaction()
            await transaction.start()
            intruder = Intruder(connection, random.Random(seed), files, LENGTH)
            done = await intruder.act()
            faults, _ = await found(connection, Kept(files, files / "copy", kept.key))
            if not faults.count:
                missed.append(f"seed {seed}: {done}")
            await transaction.rollback()
            shutil.rmtree(files)
    assert missed == []
