"""Once more on Debian's own PostgreSQL: every migration, and the main flow of loans."""

import os
import pwd
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from contract.ids import new_id
from server.kernel.migrations import migrate
from server.shipped import migration_sources
from support.api import Api, expect, open_api
from support.command_line import genba
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


async def test_the_socket_lets_in_who_the_system_says_it_is_without_a_password() -> None:
    """As Debian's pg_hba.conf has it; a map stands for the service's account being this one."""
    binaries = debian_binaries()
    require("Debian's PostgreSQL", binaries is not None, "apt install postgresql")
    with a_cluster(binaries) as postgres:
        postgres.start()
        postgres.sql("create role genba login")
        postgres.sql("create role stranger login")
        postgres.sql("create database site owner genba")
        postgres.stop()
        cluster = postgres.data / "cluster"
        with (cluster / "postgresql.conf").open("a") as settings:
            settings.write(f"unix_socket_directories = '{postgres.data}'\n")
        with (cluster / "pg_hba.conf").open("a") as rules:
            rules.write("local all genba peer map=service\nlocal all stranger peer\n")
        hba = (cluster / "pg_hba.conf").read_text().splitlines()
        ours = [line for line in hba if "peer" in line and not line.startswith("#")]
        rest = [line for line in hba if line not in ours]
        (cluster / "pg_hba.conf").write_text("\n".join([*ours, *rest]) + "\n")
        account = pwd.getpwuid(os.geteuid()).pw_name
        (cluster / "pg_ident.conf").write_text(f"service {account} genba\n")
        port = urlsplit(postgres.start()).port
        where = f"postgresql:///site?host={postgres.data}&port={port}"
        done = await migrate(f"{where}&user=genba", migration_sources())
        assert done.applied
        async with open_api(f"{where}&user=genba") as api:
            await api.get("/api/v1/people")
        stranger = {"GENBA_SERVER__DATABASE__DSN": f"{where}&user=stranger"}
        refused = await genba("migrate", **stranger)
        assert refused.code == 1
        assert "Peer authentication failed" in refused.err
        assert "Traceback" not in refused.err


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
