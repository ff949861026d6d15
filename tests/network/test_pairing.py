"""A kiosk on a host of its own finds its server, is paired, and its taps reach the ledger."""

from typing import Any

from contract.kiosk import ChooseSite
from support.far_kiosk import KIOSK, FarKiosk, far_kiosk
from support.far_site import NAME, SITE, FarSite
from support.namespaces import Host
from support.site import until

WRENCH, SATO = "04A1B2C3D4E580", "0123456789ABCDEF"


async def test_a_kiosk_finds_the_site_is_paired_and_a_tap_reaches_the_ledger(
    site: FarSite, client: Host
) -> None:
    await site.person("1001", "佐藤 花子", SATO)
    await site.item("T-001", "トルクレンチ", WRENCH)
    async with far_kiosk(site, client) as kiosk:
        state = await kiosk.page.see(
            lambda state: isinstance(state.pairing, ChooseSite) and state.pairing.sites != ()
        )
        assert isinstance(state.pairing, ChooseSite)
        [found] = state.pairing.sites
        assert (found.name, found.address) == (SITE, f"https://{NAME}")
        agent = await kiosk.pair(name=KIOSK)
        await kiosk.is_online()
        [listed] = (await site.get("/api/v1/devices/agents"))["items"]
        assert (listed["id"], listed["name"], listed["online"]) == (agent, KIOSK, True)
        await knows_the_workshop(kiosk)
        await kiosk.page.tap(WRENCH)
        await kiosk.page.tap(SATO)

        async def lent() -> Any:
            return (await site.get("/api/v1/loans?state=open"))["items"]

        [loan] = await until(lent, "the loan is in the ledger", site.server, kiosk.agent.process)
        assert (loan["item_code"], loan["person_code"], loan["lent_by"]) == ("T-001", "1001", KIOSK)


async def knows_the_workshop(kiosk: FarKiosk) -> None:
    async def known() -> bool:
        cards = await kiosk.page.samples()
        return bool(cards.people and cards.items)

    await until(known, "the kiosk knows the cards", kiosk.agent.process)
