"""A kiosk that was revoked is paired anew, by its screen: what it holds arrives, each row once."""

import random
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from contract.kiosk import (
    ChooseSite,
    ConfirmPairing,
    ConfirmSite,
    PairWith,
    ShowCode,
    StartPairing,
    State,
)
from faults.harness.weather import Weather, Wire
from support.site import Agent, Kiosk, Site, until

ROWS = 8
CARDS = [f"04DE{n:02X}BEEF0080" for n in range(100)]


@asynccontextmanager
async def behind_a_wire(site: Site, agent: Agent) -> AsyncIterator[Weather]:
    """Put a network between this agent and the server, and start it."""
    weather = Weather(random.Random(1))
    wire = Wire(site.free_port(), site.port, weather)
    agent.environment["GENBA_AGENT__SERVER__URL"] = wire.url
    async with wire.open():
        await agent.start()
        try:
            yield weather
        finally:
            await agent.process.end(signal.SIGKILL)


async def tapped(kiosk: Kiosk, cards: list[str]) -> None:
    for card in cards:
        await kiosk.tap(card)


async def arrived(site: Site) -> Counter[str]:
    """Return how often each unknown card is in the journal."""
    page = await site.get("/api/v1/journal?kind=loans.card_unknown&limit=500")
    return Counter(entry["subject"] for entry in page["items"])


async def pair(site: Site, agent: Agent, kiosk: Kiosk, **approval: Any) -> None:
    """Have the kiosk show a code, and type it on the admin's side."""
    await kiosk.send(StartPairing())
    await kiosk.see(lambda state: isinstance(state.pairing, ChooseSite))
    # The agent's wire speaks WebSocket only; pairing takes the straight way.
    await kiosk.send(PairWith(address=site.url))
    state = await kiosk.see(lambda state: isinstance(state.pairing, ShowCode))
    assert isinstance(state.pairing, ShowCode)
    await site.post("/api/v1/devices/pairings/approve", {"code": state.pairing.code} | approval)
    await kiosk.see(lambda state: state.pairing is None)


def drained(state: State) -> bool:
    return state.link.online and state.link.waiting == 0


async def missing(site: Site) -> bool:
    checks = (await site.get("/api/system/health"))["checks"]
    return any(c["id"] == "missing-rows" and c["status"] != "ok" for c in checks)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("way", ["as_itself", "as_another"])
async def test_rows_of_a_revoked_kiosk_arrive_once_after_it_is_paired_anew(
    site: Site, way: str
) -> None:
    agent = Agent(site, "bench", {})
    site.agents["bench"] = agent
    await agent.enrol()
    async with behind_a_wire(site, agent) as weather, agent.kiosk() as kiosk:
        await kiosk.see(drained)
        await tapped(kiosk, CARDS[:3])
        await kiosk.see(drained)
        # Applied, but the answer is lost: the kiosk holds rows that the server has.
        weather.to_answers.append("lose")
        weather.down = False
        await tapped(kiosk, CARDS[3:4])
        [before] = (await site.get("/api/v1/devices/agents"))["items"]
        await site.post(f"/api/v1/devices/agents/{before['id']}/revoke", {})
        await kiosk.see(lambda state: state.link.problem == "revoked")
        await tapped(kiosk, CARDS[4:ROWS])
        state = await kiosk.see(lambda state: state.link.waiting >= ROWS - 4)
        assert not state.link.online
        assert state.link.problem == "revoked"
        if way == "as_itself":
            await pair(site, agent, kiosk, replaces=before["id"])
        else:
            await pair(site, agent, kiosk, name="bench-2")
        await kiosk.see(drained)
    agents = (await site.get("/api/v1/devices/agents"))["items"]
    assert [each["id"] == before["id"] for each in agents] == (
        [True] if way == "as_itself" else [False, True]
    )

    async def all_there() -> bool:
        return await arrived(site) == Counter(CARDS[:ROWS])

    await until(all_there, "each row arrived once", site.server)
    assert not await missing(site), "an epoch of its own: no numbers were passed over"


@pytest.mark.timeout(180)
async def test_an_unpaired_kiosk_works_and_delivers_once_it_is_paired(site: Site) -> None:
    agent = Agent(site, "door", {})
    site.agents["door"] = agent
    await agent.start()
    async with agent.kiosk() as kiosk:
        await kiosk.see(lambda state: isinstance(state.pairing, ChooseSite))
        await tapped(kiosk, CARDS[:2])
        await agent.process.end(signal.SIGKILL)
    await agent.start()
    async with agent.kiosk() as kiosk:
        await kiosk.see(lambda state: state.link.waiting == 2)
        await pair(site, agent, kiosk, name="入口")
        state = await kiosk.see(drained)
        assert state.agent == "入口"

    async def all_there() -> bool:
        return await arrived(site) == Counter(CARDS[:2])

    await until(all_there, "each row arrived once", site.server)
    # The new identity outlives the process.
    await agent.process.end(signal.SIGKILL)
    await agent.start()
    async with agent.kiosk() as kiosk:
        await kiosk.see(drained)


@pytest.mark.timeout(180)
async def test_a_refused_kiosk_says_so_and_an_expired_code_is_followed_by_another(
    site: Site,
) -> None:
    agent = Agent(site, "door", {})
    site.agents["door"] = agent
    await agent.start()
    async with agent.kiosk() as kiosk:
        await kiosk.send(PairWith(address=site.url))
        first = (await kiosk.see(lambda state: isinstance(state.pairing, ShowCode))).pairing
        assert isinstance(first, ShowCode)
        await expire_all(site)
        state = await kiosk.see(
            lambda state: isinstance(state.pairing, ShowCode) and state.pairing.code != first.code
        )
        waiting = (await site.get("/api/v1/devices/pairings"))["items"]
        assert len(waiting) == 1
        await site.post(f"/api/v1/devices/pairings/{waiting[0]['id']}/refuse", {})
        state = await kiosk.see(lambda state: isinstance(state.pairing, ChooseSite))
        assert isinstance(state.pairing, ChooseSite)
        assert state.pairing.problem == "refused"


@pytest.mark.timeout(180)
async def test_records_go_to_another_site_only_when_a_person_says_so(site: Site) -> None:
    agent = Agent(site, "bench", {})
    site.agents["bench"] = agent
    await agent.enrol()
    await agent.start()
    async with agent.kiosk() as kiosk:
        await kiosk.see(drained)
        # The server is set up anew, or it is another one: its key is not the pinned one.
        await site.server.end(signal.SIGKILL)
        shutil.rmtree(site.folder / "state")
        await tapped(kiosk, CARDS[:2])
        await site.start_server()
        await kiosk.see(lambda state: state.link.problem == "other_site")
        await kiosk.send(StartPairing())
        await kiosk.send(PairWith(address=site.url))
        state = await kiosk.see(lambda state: isinstance(state.pairing, ShowCode))
        assert isinstance(state.pairing, ShowCode)
        approval = {"code": state.pairing.code, "name": "bench-2"}
        await site.post("/api/v1/devices/pairings/approve", approval)
        state = await kiosk.see(lambda state: isinstance(state.pairing, ConfirmSite))
        assert isinstance(state.pairing, ConfirmSite)
        assert (state.pairing.waiting, state.link.waiting) == (2, 2)
        await kiosk.send(ConfirmPairing())
        await kiosk.see(drained)


async def expire_all(site: Site) -> None:
    import asyncpg

    connection = await asyncpg.connect(site.dsn)
    try:
        await connection.execute("update devices.pairing set expires_at = now()")
    finally:
        await connection.close()
