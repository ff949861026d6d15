"""A kiosk on a host of its own, paired as people do it, and the cards that were held to it."""

import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from contract.kiosk import ChooseSite, PairWith, ShowCode, StartPairing, State
from support.far_site import FarSite
from support.namespaces import Host
from support.site import Agent, Kiosk, until

KIOSK = "作業台"
ONLINE_SECONDS = 60


class FarKiosk:
    """`tapped` are the cards that nobody knows, in their order."""

    def __init__(self, site: FarSite, agent: Agent, page: Kiosk) -> None:
        self.site = site
        self.agent = agent
        self.page = page
        self.tapped: list[str] = []
        self._numbers = count()

    async def pair(self, **approval: Any) -> str:
        """Choose the site that was found, type the code at the admin's desk; return the id."""
        state = await self.page.see(_has_found_a_site)
        assert isinstance(state.pairing, ChooseSite)
        await self.page.send(PairWith(site=state.pairing.sites[0].id))
        state = await self.page.see(lambda state: isinstance(state.pairing, ShowCode))
        assert isinstance(state.pairing, ShowCode)
        typed = {"code": state.pairing.code, **approval}
        agent = await self.site.post("/api/v1/devices/pairings/approve", typed)
        await self.page.see(lambda state: state.pairing is None)
        return str(agent["id"])

    async def pair_anew(self, **approval: Any) -> str:
        """Press the button for it, and pair."""
        await self.page.send(StartPairing())
        return await self.pair(**approval)

    async def tap(self, cards: int = 1) -> None:
        """Hold so many new cards to the reader."""
        for _ in range(cards):
            card = f"04DE{next(self._numbers):02X}BEEF0080"
            await self.page.tap(card)
            self.tapped.append(card)

    async def is_online(self) -> None:
        """Wait until the link is up and nothing waits; between attempts an agent may rest long."""

        async def drained() -> bool:
            health = await self.agent.health()
            return health["online"] and not health["waiting"]

        processes = (self.site.server, self.agent.process)
        await until(drained, "the kiosk is online", *processes, seconds=ONLINE_SECONDS)

    async def has(self, problem: str) -> None:
        """Wait until the kiosk's page and its health say what is wrong with the link."""
        await self.page.see(lambda state: state.link.problem == problem)

        async def told() -> bool:
            found: bool = (await self.agent.health())["link"] == {"ok": False, "code": problem}
            return found

        await until(told, f"health says {problem}", self.agent.process)

    async def arrived(self) -> None:
        """Wait until each tapped card is in the site's journal, once."""

        async def all_there() -> bool:
            page = await self.site.get("/api/v1/journal?kind=loans.card_unknown&limit=500")
            return Counter(entry["subject"] for entry in page["items"]) == Counter(self.tapped)

        processes = (self.site.server, self.agent.process)
        await until(all_there, "each tap arrived once", *processes)


def _has_found_a_site(state: State) -> bool:
    return isinstance(state.pairing, ChooseSite) and len(state.pairing.sites) > 0


@asynccontextmanager
async def far_kiosk(site: FarSite, host: Host) -> AsyncIterator[FarKiosk]:
    """Switch an unpaired kiosk on, which knows no server."""
    agent = Agent(site, "kiosk", {"GENBA_AGENT__SERVER__URL": ""}, host)
    await agent.start()
    try:
        async with agent.kiosk() as page:
            yield FarKiosk(site, agent, page)
    finally:
        await agent.process.end(signal.SIGKILL)


@asynccontextmanager
async def paired_kiosk(site: FarSite, host: Host) -> AsyncIterator[FarKiosk]:
    """Switch a kiosk on, pair it, and see a first tap arrive."""
    async with far_kiosk(site, host) as kiosk:
        await kiosk.pair(name=KIOSK)
        await kiosk.tap()
        await kiosk.is_online()
        await kiosk.arrived()
        yield kiosk
