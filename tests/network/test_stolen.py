"""What was stolen or revoked is worth nothing, from whichever host it comes; all is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import asyncpg
from websockets.asyncio.client import connect

from agent.greeting import Greeting
from agent.identity import load_identity
from contract.link import CLOSE_UNAUTHORIZED, Challenge, Goodbye, Welcome
from support.far_kiosk import KIOSK, paired_kiosk
from support.far_site import LOGIN, NAME, PASSWORD, FarSite
from support.namespaces import Host
from support.raw_link import RawLink, hello_of
from support.site import until

TOKEN, APPS = "/api/v1/oauth/token", "/api/v1/session/apps"


@asynccontextmanager
async def opened(site: FarSite, host: Host) -> AsyncIterator[tuple[RawLink, Challenge]]:
    """Open a link from this host and hear the challenge."""
    near = await host.connected(site.host.address, 443)
    async with connect(f"wss://{NAME}/link", sock=near, ssl=site.trust(), proxy=None) as socket:
        link = RawLink(socket)
        yield link, await link.hear(Challenge)


async def told(site: FarSite, kind: str) -> list[dict[str, Any]]:
    """Wait until the audit trail tells of something of this kind; return all that it tells."""

    async def entries() -> list[dict[str, Any]]:
        return list((await site.get(f"/api/v1/journal?kind={kind}"))["items"])

    found: list[dict[str, Any]] = await until(entries, f"the journal has {kind}", site.server)
    return found


async def refused_links(site: FarSite) -> list[tuple[str, str, str]]:
    """Return agent, reason and address of each refused link that the audit trail tells of."""
    entries = await told(site, "devices.link_refused")
    return [(e["subject"], e["body"]["reason"], e["body"]["address"]) for e in entries]


async def test_a_hello_that_was_recorded_opens_no_link_for_another_host(
    site: FarSite, client: Host, stranger: Host
) -> None:
    async with paired_kiosk(site, client) as kiosk:
        await kiosk.agent.process.end()
        identity = load_identity(kiosk.agent.folder)
        assert identity is not None
        async with opened(site, client) as (link, challenge):
            greeting = Greeting(identity, challenge)
            recorded = greeting.signed(hello_of(link))
            await link.say(recorded)
            greeting.checked(await link.hear(Welcome))
        async with opened(site, stranger) as (link, _):
            await link.say(recorded)
            goodbye = await link.hear(Goodbye)
            assert (goodbye.code, await link.closed()) == ("unauthorized", CLOSE_UNAUTHORIZED)
        assert await refused_links(site) == [(identity.agent, "signature", stranger.address)]


async def test_a_revoked_kiosk_keeps_its_queue_and_delivers_it_once_when_paired_anew(
    site: FarSite, client: Host
) -> None:
    async with paired_kiosk(site, client) as kiosk:
        [agent] = (await site.get("/api/v1/devices/agents"))["items"]
        await site.post(f"/api/v1/devices/agents/{agent['id']}/revoke", {})
        await kiosk.has("revoked")
        await kiosk.tap(3)
        health = await kiosk.agent.health()
        assert (health["online"], health["waiting"]) == (False, 3)
        assert await refused_links(site) == [(agent["id"], "revoked", client.address)]
        assert await kiosk.pair_anew(replaces=agent["id"]) == agent["id"]
        await kiosk.is_online()
        await kiosk.arrived()
        [again] = (await site.get("/api/v1/devices/agents"))["items"]
        assert (again["id"], again["name"]) == (agent["id"], KIOSK)
        checks = {c["id"]: c["status"] for c in (await site.get("/api/system/health"))["checks"]}
        assert checks["missing-rows"] == "ok", "an epoch of its own: no numbers were passed over"


async def test_a_refresh_token_that_comes_again_from_another_host_ends_the_app(
    site: FarSite, client: Host, stranger: Host, database_url: str
) -> None:
    async with site.browser_at(client) as owner, site.browser_at(stranger) as thief:
        await post(owner, "/api/v1/session", json={"login": LOGIN, "password": PASSWORD})
        stolen = await post(owner, APPS, json={"name": "棚卸アプリ"})
        fresh = await refreshed(owner, stolen)
        await let_the_grace_pass(database_url)
        assert (await refreshed(thief, stolen))["error"] == "invalid_grant"
        # Nobody can say which of the two is the thief: both are out.
        assert (await refreshed(owner, fresh))["error"] == "invalid_grant"
        for granted in (stolen, fresh):
            bearer = {"Authorization": f"Bearer {granted['access_token']}"}
            async with thief.get("/api/v1/people", headers=bearer) as answer:
                assert answer.status == 401
    [reused] = await told(site, "accounts.refresh_reused")
    assert reused["body"]["name"] == "棚卸アプリ"
    assert reused["body"]["address"] == stranger.address


async def post(browser: aiohttp.ClientSession, path: str, **body: Any) -> Any:
    async with browser.post(path, **body) as answer:
        assert answer.status < 300, await answer.text()
        return await answer.json()


async def refreshed(browser: aiohttp.ClientSession, granted: dict[str, str]) -> dict[str, str]:
    """Use a refresh token; return the new tokens, or the error."""
    form = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    async with browser.post(TOKEN, data=form) as answer:
        found: dict[str, str] = await answer.json()
        return found


async def let_the_grace_pass(dsn: str) -> None:
    """Make each use of a refresh token older than the time in which it may come again."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "update accounts.refresh set used_at = used_at - interval '11 seconds'"
        )
    finally:
        await connection.close()
