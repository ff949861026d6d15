"""From card to ledger: real processes, a real database, a kiosk that taps."""

import signal
from typing import Any

from contract.cards import CardProblem
from contract.kiosk import (
    AskPerson,
    Done,
    Session,
    Tone,
    Undo,
    UnknownCard,
    Waiting,
)
from support.site import Agent, Kiosk, Site, until

WRENCH, CALIPER = "04A1B2C3D4E580", "04A1B2C3D4E581"
SATO, SUZUKI = "0123456789ABCDEF", "04FFEEDDCCBB80"


async def a_workshop(site: Site) -> None:
    await site.person("1001", "佐藤 花子", SATO)
    await site.person("1002", "鈴木 一郎", SUZUKI)
    await site.item("T-001", "トルクレンチ", WRENCH)
    await site.item("T-002", "ノギス", CALIPER)


async def knows_cards(kiosk: Kiosk, agent: Agent) -> None:
    """Wait until the agent's replica has the workshop."""
    await kiosk.see(lambda state: state.link.online)

    async def there() -> bool:
        cards = await kiosk.samples()
        return len(cards.people) >= 2 and len(cards.items) >= 2

    await until(there, "the agent knows the cards", agent.process)


async def loans(site: Site, **filters: str) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return list((await site.get(f"/api/v1/loans?limit=500&{query}"))["items"])


async def test_item_then_person_lends_and_the_item_again_returns(site: Site) -> None:
    await a_workshop(site)
    agent = await site.add_agent("bench")
    async with agent.kiosk() as kiosk:
        await knows_cards(kiosk, agent)
        asked = await kiosk.tap(WRENCH)
        assert isinstance(asked.screen, AskPerson)
        lent = await kiosk.tap(SATO)
        assert isinstance(lent.screen, Session)
        assert lent.screen.lines[0].what is Tone.BORROWED
        [loan] = await until(
            lambda: loans(site, state="open"), "the loan is in the ledger", site.server
        )
        assert (loan["item_code"], loan["person_name"], loan["lent_by"]) == (
            "T-001",
            "佐藤 花子",
            "bench",
        )
        await kiosk.tap(SATO)
        back = await kiosk.tap(WRENCH)
        assert isinstance(back.screen, Done | Session)
        assert back.screen.lines[0].what is Tone.RETURNED
        [returned] = await until(lambda: loans(site, state="returned"), "it is returned")
        assert returned["id"] == loan["id"]
        assert not await loans(site, state="open")


async def test_without_a_server_the_kiosk_does_the_same_and_everything_arrives_once(
    site: Site,
) -> None:
    await a_workshop(site)
    agent = await site.add_agent("bench")
    async with agent.kiosk() as kiosk:
        await knows_cards(kiosk, agent)
        await site.server.end(signal.SIGKILL)
        await kiosk.see(lambda state: not state.link.online)
        await kiosk.tap(SATO)
        assert (await kiosk.tap(WRENCH)).screen.lines[0].what is Tone.BORROWED  # type: ignore[union-attr]
        await kiosk.tap(CALIPER)
        undone = await kiosk.see(lambda state: isinstance(state.screen, Session))
        assert isinstance(undone.screen, Session)
        newest = undone.screen.lines[0]
        await kiosk.send(Undo(newest.fact))
        state = await kiosk.see(lambda state: state.link.waiting == 3)
        assert not state.link.online
        await site.start_server()
        await kiosk.see(lambda state: state.link.online and state.link.waiting == 0)
    by_state = {loan["item_code"]: loan["state"] for loan in await loans(site)}
    assert by_state == {"T-001": "open", "T-002": "cancelled"}
    lent = await site.get("/api/v1/journal?kind=loans.lent")
    assert len(lent["items"]) == 2


async def test_an_agent_restarted_offline_still_has_its_taps_and_knows_who_has_what(
    site: Site,
) -> None:
    await a_workshop(site)
    agent = await site.add_agent("bench")
    async with agent.kiosk() as kiosk:
        await knows_cards(kiosk, agent)
        await site.server.end(signal.SIGKILL)
        await kiosk.see(lambda state: not state.link.online)
        await kiosk.tap(SATO)
        await kiosk.tap(WRENCH)
    await agent.process.end(signal.SIGKILL)
    await agent.start()
    async with agent.kiosk() as kiosk:
        assert kiosk.state is not None
        assert kiosk.state.link.waiting == 1
        back = await kiosk.tap(WRENCH)
        assert isinstance(back.screen, Done)
        assert back.screen.lines[0].what is Tone.RETURNED
        await site.start_server()
        await kiosk.see(lambda state: state.link.online and state.link.waiting == 0)
    [loan] = await loans(site)
    assert loan["state"] == "returned"


async def test_two_agents_offline_lending_one_item_keep_both_facts_and_open_one_conflict(
    site: Site,
) -> None:
    await a_workshop(site)
    bench, door = await site.add_agent("bench"), await site.add_agent("door")
    async with bench.kiosk() as at_bench, door.kiosk() as at_door:
        await knows_cards(at_bench, bench)
        await knows_cards(at_door, door)
        await site.server.end(signal.SIGKILL)
        await at_bench.see(lambda state: not state.link.online)
        await at_door.see(lambda state: not state.link.online)
        await at_bench.tap(SATO)
        await at_bench.tap(WRENCH)
        await at_door.tap(SUZUKI)
        await at_door.tap(WRENCH)
        await site.start_server()
        for kiosk in (at_bench, at_door):
            await kiosk.see(lambda state: state.link.online and state.link.waiting == 0)
    facts = {loan["person_name"]: loan["state"] for loan in await loans(site)}
    assert sorted(facts) == ["佐藤 花子", "鈴木 一郎"]
    assert sorted(facts.values()) == ["open", "superseded"]
    [conflict] = (await site.get("/api/v1/conflicts?state=open"))["items"]
    assert conflict["kind"] == "lent_twice"
    assert len(conflict["loans"]) == 2


async def test_an_unknown_card_is_shown_listed_and_registered_with_one_touch(site: Site) -> None:
    await a_workshop(site)
    agent = await site.add_agent("bench")
    async with agent.kiosk() as kiosk:
        await knows_cards(kiosk, agent)
        shown = await kiosk.tap("04DEADBEEF0080")
        assert isinstance(shown.screen, UnknownCard)
        assert shown.screen.problem is None

        async def listed() -> list[dict[str, Any]]:
            return list((await site.get("/api/v1/unknown-cards?state=open"))["items"])

        [card] = await until(listed, "the unknown card is listed")
        [person, *_] = (await site.get("/api/v1/people?search=1002"))["items"]
        await site.post(f"/api/v1/unknown-cards/{card['uid']}/register", {"person": person["id"]})

        async def known() -> bool:
            await kiosk.see(lambda state: True)
            return isinstance((await kiosk.tap(card["uid"])).screen, Session)

        await until(known, "the kiosk knows the card")


async def test_a_random_uid_says_why_it_can_never_be_registered(site: Site) -> None:
    await a_workshop(site)
    agent = await site.add_agent("bench")
    async with agent.kiosk() as kiosk:
        await knows_cards(kiosk, agent)
        shown = await kiosk.tap("08A1B2C3")
        assert isinstance(shown.screen, UnknownCard)
        assert shown.screen.problem is CardProblem.RANDOM_UID
    person = (await site.get("/api/v1/people"))["items"][0]
    async with site.client.post(
        "/api/v1/cards", json={"uid": "08A1B2C3", "person": person["id"]}
    ) as answer:
        problem = await answer.json()
    assert (answer.status, problem["field"], problem["expected"]) == (422, "uid", "random_uid")


async def test_an_admin_who_lends_by_hand_is_seen_by_the_kiosk(site: Site) -> None:
    await a_workshop(site)
    agent = await site.add_agent("bench")
    item = (await site.get("/api/v1/items?search=T-001"))["items"][0]
    person = (await site.get("/api/v1/people?search=1001"))["items"][0]
    await site.post("/api/v1/loans", {"item": item["id"], "person": person["id"]})
    async with agent.kiosk() as kiosk:
        await knows_cards(kiosk, agent)

        async def seen() -> bool:
            cards = await kiosk.samples()
            return any(card.on_loan for card in cards.items)

        await until(seen, "the kiosk knows of the loan", agent.process)
        assert isinstance((await kiosk.see(lambda state: True)).screen, Waiting)
        back = await kiosk.tap(WRENCH)
        assert isinstance(back.screen, Done)
        assert back.screen.lines[0].what is Tone.RETURNED
