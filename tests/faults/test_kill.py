"""kill -9 in the middle of tapping: every tap that the kiosk confirmed is in the ledger once."""

import asyncio
import random
import signal
from collections import Counter
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from contract.kiosk import Done, Session, State, Tone, Waiting
from scripts.embedded_postgres import EmbeddedPostgres
from support.site import Agent, Kiosk, Site, until

PEOPLE = [f"04AA00000000{n:02X}" for n in range(4)]
TAGS = [f"04BB00000000{n:02X}" for n in range(12)]
CONFIRMED = (Tone.BORROWED, Tone.RETURNED)


class Staff:
    """People who tap at one kiosk, and remember what it confirmed."""

    def __init__(self, agent: Agent, tags: list[str], seed: int) -> None:
        self.agent = agent
        self.confirmed: list[str] = []
        self._tags = tags
        self._random = random.Random(seed)
        self._done = asyncio.Event()

    def enough(self) -> None:
        self._done.set()

    async def work(self) -> None:
        """Tap until told to stop; a dead kiosk is waited for."""
        while not self._done.is_set():
            try:
                async with self.agent.kiosk() as kiosk:
                    while not self._done.is_set():
                        await self._tap(kiosk)
            except (OSError, ConnectionClosed, TimeoutError):
                await asyncio.sleep(0.05)

    async def _tap(self, kiosk: Kiosk) -> None:
        card = self._random.choice(self._tags + PEOPLE)
        state = await kiosk.tap(card)
        self._note(state)

    def _note(self, state: State) -> None:
        if isinstance(state.screen, Session | Done):
            self.confirmed += [
                line.fact
                for line in state.screen.lines
                if line.what in CONFIRMED and line.fact not in self.confirmed[-40:]
            ]


async def facts_in_journal(site: Site) -> Counter[str]:
    counted: Counter[str] = Counter()
    for kind in ("loans.lent", "loans.returned"):
        before = ""
        while True:
            page = await site.get(f"/api/v1/journal?kind={kind}&limit=500{before}")
            counted.update(entry["body"]["fact"] for entry in page["items"])
            if not page["next"]:
                break
            before = f"&before={page['next']}"
    return counted


async def queues_are_empty(staff: list[Staff]) -> bool:
    for each in staff:
        async with each.agent.kiosk() as kiosk:
            await kiosk.see(lambda state: state.link.online and state.link.waiting == 0)
    return True


async def a_workshop(site: Site) -> list[Staff]:
    for number, card in enumerate(PEOPLE):
        await site.person(f"P{number}", f"社員 {number}", card)
    for number, tag in enumerate(TAGS):
        await site.item(f"T{number}", f"工具 {number}", tag)
    staff = [
        Staff(await site.add_agent("bench"), TAGS[:6], seed=1),
        Staff(await site.add_agent("door"), TAGS[6:], seed=2),
    ]
    for each in staff:
        async with each.agent.kiosk() as kiosk:
            await kiosk.see(lambda state: state.link.online)

            async def known(kiosk: Kiosk = kiosk) -> bool:
                await kiosk.see(lambda state: isinstance(state.screen, Waiting))
                tone = (await kiosk.tap(PEOPLE[0])).feedback
                return tone is not None and tone.tone is not Tone.ERROR

            await until(known, "the replica is there", each.agent.process, site.server)
    return staff


@pytest.mark.timeout(420)
async def test_every_confirmed_tap_survives_kill_9_of_agent_server_and_postgres(
    site: Site, doomed_postgres: EmbeddedPostgres
) -> None:
    staff = await a_workshop(site)

    async def some_taps(number: int) -> None:
        goal = sum(len(each.confirmed) for each in staff) + number
        await until(
            lambda: sum(len(each.confirmed) for each in staff) >= goal,
            "people go on tapping",
            site.server,
            *(each.agent.process for each in staff),
        )

    async with asyncio.TaskGroup() as group:
        for each in staff:
            group.create_task(each.work())
        for _ in range(2):
            await some_taps(20)
            await staff[0].agent.process.end(signal.SIGKILL)
            await some_taps(5)
            await staff[0].agent.start()
            await some_taps(20)
            await site.server.end(signal.SIGKILL)
            await some_taps(20)
            await site.start_server()
            await some_taps(10)
            doomed_postgres.kill()
            await some_taps(20)
            doomed_postgres.start()
            await some_taps(20)
        for each in staff:
            each.enough()

    await until(
        lambda: queues_are_empty(staff),
        "the queues are empty",
        site.server,
        *(each.agent.process for each in staff),
        seconds=60,
    )
    confirmed = {fact for each in staff for fact in each.confirmed}
    assert len(confirmed) > 100

    async def sealed() -> bool:
        return confirmed <= set(await facts_in_journal(site))

    await until(sealed, "every confirmed tap is in the journal", site.server)
    counted = await facts_in_journal(site)
    assert [fact for fact, times in counted.items() if times > 1] == []
    loans: list[dict[str, Any]] = (await site.get("/api/v1/loans?state=open&limit=500"))["items"]
    assert len({loan["item"] for loan in loans}) == len(loans)
    verified = await site.cli("journal", "verify")
    assert verified
