"""Agents of before the keys: revoked by the upgrade, with all that they told."""

import shutil
from pathlib import Path

from contract.ids import new_id
from server.kernel.database import connect
from server.kernel.migrations import MigrationSource, migrate
from server.shipped import migration_sources


def before_keys(folder: Path) -> list[MigrationSource]:
    """Return the migrations as they were before agents had keys of their own."""
    sources = []
    for source in migration_sources():
        if source.name == "devices":
            old = folder / "devices"
            old.mkdir()
            for file in ("0001_devices.sql", "0002_link.sql"):
                shutil.copy(source.folder / file, old)
            sources.append(MigrationSource("devices", old))
        else:
            sources.append(source)
    return sources


async def test_an_agent_with_a_bearer_key_is_revoked_and_keeps_its_history(
    empty_database_url: str, tmp_path: Path
) -> None:
    await migrate(empty_database_url, before_keys(tmp_path))
    agent, epoch = new_id(), new_id()
    async with connect(empty_database_url) as connection:
        await connection.execute(
            "insert into devices.agent (id, name, key_hash, connected)"
            " values ($1, '門番', $2, true)",
            agent,
            bytes(32),
        )
        await connection.execute(
            "insert into devices.queue (agent, epoch, last_seq) values ($1, $2, 7)", agent, epoch
        )
    await migrate(empty_database_url, migration_sources())
    async with connect(empty_database_url) as connection:
        row = await connection.fetchrow(
            "select a.revoked_at, a.connected, a.public_key, q.last_seq"
            " from devices.agent a join devices.queue q on q.agent = a.id"
        )
    assert row is not None
    assert row["revoked_at"] is not None
    assert (row["connected"], row["public_key"], row["last_seq"]) == (False, None, 7)
