"""A person is erased on the admin pages: the kiosk and its disk forget them too."""

import signal

from contract.kiosk import Done, UnknownCard
from support.site import Site, until

WRENCH, CARD = "04A1B2C3D4E580", "0123456789ABCDEF"
NAME = "冨樫 未来"


async def test_an_erased_person_is_unknown_at_the_kiosk_and_gone_from_its_disk(site: Site) -> None:
    person = await site.person("E-7", NAME, CARD)
    await site.item("T-001", "トルクレンチ", WRENCH)
    agent = await site.add_agent("bench")
    replica = agent.folder / "replica.db"
    async with agent.kiosk() as kiosk:

        async def knows_them() -> bool:
            return CARD in [card.uid for card in (await kiosk.samples()).people]

        await until(knows_them, "the agent knows the card", agent.process)
        await kiosk.tap(WRENCH)
        await kiosk.tap(CARD)
        await kiosk.tap(CARD)
        assert isinstance((await kiosk.tap(WRENCH)).screen, Done)

        async def returned() -> bool:
            return bool((await site.get("/api/v1/loans?state=returned"))["items"])

        await until(returned, "the item is back in the ledger", site.server)
        await site.post(f"/api/v1/people/{person}/erase", {"code": "E-7"})

        async def forgotten() -> bool:
            return not await knows_them()

        await until(forgotten, "the agent has forgotten the card", agent.process)
        assert isinstance((await kiosk.tap(CARD)).screen, UnknownCard)
    await agent.process.end(signal.SIGTERM)
    for path in agent.folder.iterdir():
        if path.is_file():
            assert NAME.encode() not in path.read_bytes(), path.name
    assert replica.exists()
