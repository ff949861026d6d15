"""Ending the server, and losing its database under it."""

import asyncio

from server.kernel.migrations import migrate
from server.shipped import migration_sources
from support.api import open_api
from support.postgres import a_cluster
from support.site import Site, until


async def test_at_sigterm_pages_and_agents_are_told_and_it_ends_in_time(site: Site) -> None:
    agent = await site.add_agent("工具室")
    async with site.client.ws_connect("/api/v1/live") as page:
        await page.send_json({"type": "subscribe", "topic": "loans"})
        assert (await page.receive_json(timeout=10))["type"] == "subscribed"
        async with asyncio.timeout(5):
            code = await site.server.end()
        assert code == 0, site.server.explain()
        assert (await page.receive_json(timeout=10))["type"] == "goodbye"
    assert agent.process.running


async def test_an_outage_of_the_database_is_told_and_lived_through() -> None:
    """Nobody restarts the server: when Postgres is back, everything works again."""
    with a_cluster() as postgres:
        dsn = await asyncio.to_thread(postgres.start)
        await migrate(dsn, migration_sources())
        async with open_api(dsn) as api:
            await api.post("/api/v1/people", {"code": "1", "name": "山田"})
            await asyncio.to_thread(postgres.kill)
            health = await api.ask("GET", "/api/system/health")
            assert (health.status, health.json) == (503, {"status": "error"})
            refused = await api.ask("POST", "/api/v1/people", json={"code": "2", "name": "鈴木"})
            assert refused.status == 503
            assert refused.json["type"] == "/problems/unavailable"
            assert refused.headers["Retry-After"]
            async with api.client.get("/") as page:
                assert page.status == 200
            await asyncio.to_thread(postgres.start)

            async def well() -> bool:
                found = (await api.ask("GET", "/api/system/health")).json
                return found["status"] != "error"

            await until(well, "the server is well again")
            await api.post("/api/v1/people", {"code": "2", "name": "鈴木"})
            assert (await api.get("/api/v1/people"))["total"] == 2
