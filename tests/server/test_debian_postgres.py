"""Once more on Debian's own PostgreSQL: every migration, and the main flow of loans."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.ids import new_id
from server.kernel.migrations import migrate
from server.shipped import migration_sources
from support.api import Api, expect, open_api
from support.components import require
from support.postgres import a_cluster


def debian_binaries() -> Path | None:
    """Return the oldest of Debian's PostgreSQL versions here, 15 on Debian 12."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[0].parent if found else None


@pytest.fixture
async def debian_api() -> AsyncIterator[Api]:
    """A server on Debian's PostgreSQL."""
    binaries = debian_binaries()
    require("Debian's PostgreSQL", binaries is not None, "apt install postgresql")
    with a_cluster(binaries) as postgres:
        dsn = postgres.start()
        trial = await migrate(dsn, migration_sources(), dry_run=True)
        done = await migrate(dsn, migration_sources())
        assert list(trial.applied) == list(done.applied)
        assert (await migrate(dsn, migration_sources())).applied == []
        async with open_api(dsn) as api:
            yield api


async def test_an_item_is_lent_returned_imported_and_journalled(debian_api: Api) -> None:
    api = debian_api
    person = await api.post("/api/v1/people", {"code": "1001", "name": "佐藤 花子"})
    item = await api.post("/api/v1/items", {"code": "T-001", "name": "ノギス"})
    await api.post(f"/api/v1/items/{item['id']}/tags", {"uid": "04A1B2C3D4E580"})
    loan = await api.post("/api/v1/loans", {"item": item["id"], "person": person["id"]})
    refused = await api.ask("POST", "/api/v1/loans", json={"item": item["id"], "person": new_id()})
    expect(refused, 404)
    await api.post(f"/api/v1/loans/{loan['id']}/return", {}, status=200)
    await api.post(f"/api/v1/loans/{loan['id']}/cancel", {"reason": "試し"}, status=200)
    for path in ("items", "people", "cards", "loans", "conflicts", "unknown-cards", "categories"):
        await api.get(f"/api/v1/{path}")
    assert (await api.get("/api/v1/loans/summary"))["out"] == 0
    kinds = await api.kinds()
    assert [kind for kind in kinds if kind.startswith("loans.")] == [
        "loans.item_created",
        "loans.lent",
        "loans.returned",
        "loans.cancelled",
    ]
