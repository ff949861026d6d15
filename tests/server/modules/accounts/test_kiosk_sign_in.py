"""Card and PIN at a kiosk, over a real link: who gets a ticket, what it opens, and for how long."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from agent.identity import Identity, new_private_key, public_key
from contract.ids import AgentId, new_id
from contract.link import SignInAnswer
from server.modules.accounts.kiosk_sign_in import ATTEMPTS
from support.api import Api, enrolled, expect
from support.browser_session import PASSWORD, BrowserSession, signed_in
from support.raw_link import RawLink, linked

CARD, OTHERS_CARD = "0123456789ABCDEF", "04FFEEDDCCBB80"
PIN, WRONG = "294017", "294018"
SESSION = "/api/v1/session"
LONG_ENOUGH = 10


@dataclass(frozen=True)
class Kiosk:
    """An agent's link, and whose card is shown there."""

    agent: str
    link: RawLink
    person: str

    async def type(self, pin: str = PIN, **changes: str) -> SignInAnswer:
        """Type a PIN and return what the agent is told."""
        asked = {"type": "sign_in", "request": new_id(), "person": self.person, "card": CARD}
        await self.link.say({**asked, "pin": pin, **changes})
        answer: SignInAnswer = await self.link.hear(SignInAnswer)
        return answer


@asynccontextmanager
async def kiosk_of(api: Api, person: str, name: str = "bench") -> AsyncIterator[Kiosk]:
    key = new_private_key()
    agent = AgentId(await enrolled(api, name, public_key(key)))
    identity = Identity(agent, name, key, api.server.parts.identity.public_key)
    async with linked(api, identity) as link:
        yield Kiosk(agent, link, person)


async def somebody(api: Api, code: str, card: str) -> str:
    person = await api.post("/api/v1/people", {"code": code, "name": "佐藤 花子"})
    await api.post("/api/v1/cards", {"uid": card, "person": person["id"]})
    return str(person["id"])


async def belongs_to(api: Api, login: str, person: str | None) -> None:
    found = (await api.get(f"/api/v1/accounts?search={login}"))["items"][0]
    change = {"person": person}
    headers = {"If-Match": f'"{found["version"]}"'}
    expect(
        await api.ask("PATCH", f"/api/v1/accounts/{found['id']}", json=change, headers=headers), 200
    )


@pytest.fixture
async def hanako(api: Api) -> BrowserSession:
    """The browser of somebody who has a PIN, and belongs to the person with the card."""
    browser = await signed_in(api, "hanako", "manager")
    expect(await browser.ask("POST", f"{SESSION}/pin", json={"pin": PIN}), 204)
    return browser


@pytest.fixture
async def kiosk(api: Api, hanako: BrowserSession) -> AsyncIterator[Kiosk]:
    person = await somebody(api, "1001", CARD)
    await somebody(api, "1002", OTHERS_CARD)
    await belongs_to(api, "hanako", person)
    async with kiosk_of(api, person) as kiosk:
        yield kiosk


async def enter(api: Api, ticket: str) -> BrowserSession:
    browser = BrowserSession(api)
    expect(await browser.ask("POST", f"{SESSION}/kiosk", json={"code": ticket}), 200)
    return browser


async def run(api: Api, statement: str) -> None:
    async with api.server.database.connection() as connection:
        await connection.execute(statement)


async def test_card_and_pin_open_a_session_that_ends_soon(api: Api, kiosk: Kiosk) -> None:
    answer = await kiosk.type()
    assert answer.result == "ok"
    browser = await enter(api, answer.ticket)
    session = expect(await browser.ask("GET", SESSION), 200).json
    assert (session["login"], session["kind"], session["idle_seconds"]) == ("hanako", "kiosk", 120)
    assert 890 < session["ends_in"] <= 900
    [mine] = [s for s in (await own_sessions(browser)) if s["current"]]
    assert (mine["kind"], mine["method"]) == ("kiosk", "card")
    [entry] = await api.told("accounts.signed_in", lambda entry: entry["device"])
    assert (entry["device"], entry["body"]["method"]) == (kiosk.agent, "card")


async def own_sessions(browser: BrowserSession) -> list[dict[str, Any]]:
    return list(expect(await browser.ask("GET", "/api/v1/sessions"), 200).json["items"])


async def test_a_ticket_works_once_and_for_a_minute(api: Api, kiosk: Kiosk) -> None:
    ticket = (await kiosk.type()).ticket
    await enter(api, ticket)
    late = (await kiosk.type()).ticket
    await run(api, "update accounts.one_time set expires_at = now() - interval '1 second'")
    for code in (ticket, late, "", "nothing"):
        refused = await BrowserSession(api).ask("POST", f"{SESSION}/kiosk", json={"code": code})
        assert refused.status in (403, 422)
        assert not refused.headers.get("Set-Cookie")


async def test_a_ticket_is_no_link_and_a_link_no_ticket(api: Api, kiosk: Kiosk) -> None:
    ticket = (await kiosk.type()).ticket
    refused = await BrowserSession(api).ask("POST", f"{SESSION}/link", json={"code": ticket})
    assert refused.json["type"] == "/problems/link-void"
    await enter(api, ticket)


async def test_what_was_wrong_is_not_told(api: Api, kiosk: Kiosk) -> None:
    told = [
        await kiosk.type(WRONG),
        await kiosk.type(card=OTHERS_CARD),
        await kiosk.type(card="no card"),
    ]
    await api.post(f"/api/v1/cards/{CARD}/block", {"reason": "紛失"}, status=200)
    told.append(await kiosk.type())
    assert {(a.result, a.ticket, a.minutes) for a in told} == {("refused", "", 0)}
    assert (await api.kinds()).count("accounts.sign_in_refused") == 4


@pytest.mark.parametrize(
    "statement",
    [
        "update people.person set status = 'suspended'",
        "update people.person set status = 'left'",
        "update accounts.account set disabled_at = now()",
    ],
)
async def test_who_may_not_come_in_is_refused(api: Api, kiosk: Kiosk, statement: str) -> None:
    await run(api, statement)
    answer = await kiosk.type()
    assert (answer.result, answer.ticket) == ("refused", "")


async def test_disabled_between_ticket_and_page_is_refused(api: Api, kiosk: Kiosk) -> None:
    ticket = (await kiosk.type()).ticket
    await run(api, "update accounts.account set disabled_at = now() where login = 'hanako'")
    refused = await BrowserSession(api).ask("POST", f"{SESSION}/kiosk", json={"code": ticket})
    assert refused.json["type"] == "/problems/link-void"


async def test_without_a_pin_there_is_nothing_to_guess(
    api: Api, hanako: BrowserSession, kiosk: Kiosk
) -> None:
    other = (await api.get("/api/v1/people?search=1002"))["items"][0]["id"]
    for person in (other, new_id(), "nobody", "' or 1=1", "\x00"):
        assert (await kiosk.type(person=person)).result == "no_pin"
    expect(await hanako.ask("POST", f"{SESSION}/pin", json={"pin": None}), 204)
    assert (await kiosk.type()).result == "no_pin"
    assert "accounts.sign_in_refused" not in await api.kinds()


async def test_five_wrong_pins_lock_the_pin_and_not_the_password(
    api: Api, hanako: BrowserSession, kiosk: Kiosk
) -> None:
    answers = [await kiosk.type(WRONG) for _ in range(5)]
    assert [a.result for a in answers] == ["refused"] * 4 + ["locked"]
    locked = await kiosk.type()
    assert (locked.result, locked.minutes, locked.ticket) == ("locked", 15, "")
    expect(await BrowserSession(api).sign_in("hanako"), 200)
    expect(await hanako.ask("POST", f"{SESSION}/pin", json={"pin": "860315"}), 204)
    assert (await kiosk.type("860315")).result == "ok"


async def test_the_right_pin_forgets_earlier_failures(kiosk: Kiosk) -> None:
    for _ in range(2):
        for _ in range(4):
            assert (await kiosk.type(WRONG)).result == "refused"
        assert (await kiosk.type()).result == "ok"


async def test_a_kiosk_that_tries_very_often_must_wait(api: Api, kiosk: Kiosk) -> None:
    answers = [await kiosk.type(person="nobody") for _ in range(ATTEMPTS.quota + 1)]
    assert [a.result for a in answers] == ["no_pin"] * ATTEMPTS.quota + ["busy"]
    async with kiosk_of(api, kiosk.person, "door") as door:
        assert (await door.type()).result == "ok"


async def test_at_one_kiosk_one_person_is_signed_in(api: Api, kiosk: Kiosk) -> None:
    async with kiosk_of(api, kiosk.person, "door") as door:
        elsewhere = await enter(api, (await door.type()).ticket)
        first = await enter(api, (await kiosk.type()).ticket)
        unused = (await kiosk.type()).ticket
        expect(await first.ask("GET", SESSION), 401)
        newest = await enter(api, (await kiosk.type()).ticket)
        expect(await newest.ask("GET", SESSION), 200)
        expect(await elsewhere.ask("GET", SESSION), 200)
        refused = await BrowserSession(api).ask("POST", f"{SESSION}/kiosk", json={"code": unused})
        assert refused.json["type"] == "/problems/link-void"


async def test_a_revoked_kiosk_signs_nobody_in_any_longer(api: Api, kiosk: Kiosk) -> None:
    browser = await enter(api, (await kiosk.type()).ticket)
    expect(await api.ask("POST", f"/api/v1/devices/agents/{kiosk.agent}/revoke"), 200)
    async with asyncio.timeout(LONG_ENOUGH):
        while (await browser.ask("GET", SESSION)).status != 401:
            await asyncio.sleep(0.02)
    assert "accounts.session_revoked" in await api.kinds()


async def test_card_and_pin_are_no_proof_for_what_is_weighty(api: Api, kiosk: Kiosk) -> None:
    browser = await enter(api, (await kiosk.type()).ticket)
    weighty = {"json": {"pin": "860315"}}
    asked = await browser.ask("POST", f"{SESSION}/pin", **weighty)
    assert asked.json["type"] == "/problems/confirm-first"
    expect(await browser.ask("POST", f"{SESSION}/confirm", json={"password": PASSWORD}), 204)
    expect(await browser.ask("POST", f"{SESSION}/pin", **weighty), 204)


@pytest.mark.parametrize(("seconds", "status"), [(100, 200), (121, 401)])
async def test_an_unused_session_ends_after_two_minutes(
    api: Api, kiosk: Kiosk, seconds: int, status: int
) -> None:
    browser = await enter(api, (await kiosk.type()).ticket)
    await run(
        api,
        f"update accounts.session set seen_at = now() - interval '{seconds}s' where kind = 'kiosk'",
    )
    expect(await browser.ask("GET", SESSION), status)


async def test_use_is_noted_often_enough_for_so_short_a_session(api: Api, kiosk: Kiosk) -> None:
    browser = await enter(api, (await kiosk.type()).ticket)
    await run(api, "update accounts.session set seen_at = now() - interval '20s'")
    left = expect(await browser.ask("GET", SESSION), 200).json["idle_ends_in"]
    assert left > 118


async def test_the_pin_is_in_no_log_and_no_table(
    api: Api, kiosk: Kiosk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await kiosk.type(WRONG)
    ticket = (await kiosk.type()).ticket
    async with api.server.database.connection() as connection:
        kept = [
            str(dict(row))
            for table in ("journal.entry", "accounts.one_time", "accounts.lockout")
            for row in await connection.fetch(f"select * from {table}")
        ]
    assert kept
    assert not [text for text in (*kept, caplog.text) if PIN in text or WRONG in text]
    assert not [text for text in (*kept, caplog.text) if ticket in text]


async def test_a_malformed_pin_ends_the_link_and_is_not_repeated(
    kiosk: Kiosk, caplog: pytest.LogCaptureFixture
) -> None:
    await kiosk.link.say(
        {"type": "sign_in", "request": "1", "person": "p", "card": "c", "pin": "12345x"}
    )
    assert await kiosk.link.closed() == 4002
    assert "12345x" not in caplog.text


async def test_many_kiosks_at_once_are_answered(api: Api, kiosk: Kiosk) -> None:
    async with AsyncExitStack() as stack:
        doors = [
            await stack.enter_async_context(kiosk_of(api, kiosk.person, f"door {n}"))
            for n in range(3)
        ]
        answers = await asyncio.gather(*(door.type() for door in doors))
    assert {a.result for a in answers} == {"ok"}
    assert len({a.ticket for a in answers}) == 3
