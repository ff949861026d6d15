"""From a card to the site's pages and back, in a real Chromium, with real server and agent."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from support.browser import CHROMIUM, Window, a_window, shoot
from support.site import Agent, Kiosk, Site, until

SATO = "0123456789ABCDEF"
PIN = "294017"
PASSWORD = "みなとの夜景はきれいだ"
WORDS = {
    "ja": {
        "open": "管理画面を開く",
        "enter": "決定",
        "back": "端末に戻る",
        "out": "サインアウト",
        "again": "もう一度社員証を",
    },
    "en": {
        "open": "Open the admin pages",
        "enter": "OK",
        "back": "Back to the kiosk",
        "out": "Sign out",
        "again": "show your card once more",
    },
}


@pytest_asyncio.fixture
async def window(require: Callable[[str, bool, str], None]) -> AsyncIterator[Window]:
    require("Chromium", Path(CHROMIUM).exists(), "apt install chromium")
    async with a_window() as window:
        yield window


async def somebody_with_a_pin(site: Site) -> None:
    """Make an account that belongs to a person with a card, as its owner and an admin do it."""
    person = await site.person("1001", "佐藤 花子", SATO)
    draft = {"login": "hanako", "name": "佐藤 花子", "roles": ["manager"], "person": person}
    code = (await site.post("/api/v1/accounts", draft))["link"]["path"].partition("=")[2]
    jar = aiohttp.CookieJar(unsafe=True)
    headers = {"Origin": site.url}
    async with aiohttp.ClientSession(site.url, cookie_jar=jar, headers=headers) as owner:
        steps = (("password-link", {"code": code, "password": PASSWORD}), ("pin", {"pin": PIN}))
        for path, body in steps:
            async with owner.post(f"/api/v1/session/{path}", json=body) as answer:
                assert answer.status < 300, await answer.text()


@pytest_asyncio.fixture
async def bench(site: Site) -> Agent:
    await somebody_with_a_pin(site)
    return await site.add_agent("bench")


async def sign_in(page: Page, kiosk: Kiosk, words: dict[str, str]) -> None:
    """Tap the card, type the PIN, and wait for the site's pages."""
    await kiosk.tap(SATO)
    await page.get_by_role("button", name=words["open"]).click()
    for digit in PIN:
        await page.get_by_role("button", name=digit, exact=True).click()
    await page.get_by_role("button", name=words["enter"], exact=True).click()
    await expect(page.locator(".shell")).to_be_visible()


async def knows_the_card(kiosk: Kiosk, agent: Agent) -> None:
    await kiosk.see(lambda state: state.link.online)

    async def there() -> bool:
        return bool((await kiosk.samples()).people)

    await until(there, "the agent knows the card", agent.process)


async def waiting(page: Page) -> None:
    await expect(page.locator(".k-stage[data-screen='waiting']")).to_be_visible()


@pytest.mark.parametrize("size", ["kiosk", "phone"])
@pytest.mark.parametrize("language", ["ja", "en"])
async def test_a_card_and_its_pin_open_the_pages_and_one_button_leads_back(
    window: Window, site: Site, bench: Agent, language: str, size: str
) -> None:
    words, home = WORDS[language], f"http://127.0.0.1:{bench.port}/"
    page = await window.page(size, language)
    await page.goto(f"{home}?lang={language}")
    async with bench.kiosk() as kiosk:
        await knows_the_card(kiosk, bench)
        await sign_in(page, kiosk, words)
        assert page.url.startswith(site.url)
        assert "kiosk=" not in page.url
        back = page.get_by_role("button", name=words["back"])
        await expect(back).to_have_count(1)
        await expect(page.get_by_role("button", name=words["out"])).to_have_count(0)
        await expect(page.locator("html")).to_have_attribute("lang", language)
        await shoot(page, f"kiosk-signed-in-{language}-{size}")
        await page.reload()
        await back.click()
        await page.wait_for_url(home)
        await waiting(page)
    entries = [e["kind"] for e in (await site.get("/api/v1/journal?limit=100"))["items"]]
    assert entries.count("accounts.signed_out") == 1
    window.complaints.clear()  # the virtual reader's favicon, and 401 after signing out


async def test_every_end_leads_back_to_the_kiosk(window: Window, site: Site, bench: Agent) -> None:
    words, home = WORDS["ja"], f"http://127.0.0.1:{bench.port}/"
    page = await window.page("kiosk")
    await page.goto(home)
    async with bench.kiosk() as kiosk:
        await knows_the_card(kiosk, bench)
        await sign_in(page, kiosk, words)
        connection = await asyncpg.connect(site.dsn)
        await connection.execute(
            "update accounts.session set seen_at = now() - interval '121s' where kind = 'kiosk'"
        )
        await connection.close()
        await page.locator("nav a").nth(1).click()
        await page.wait_for_url(home)
        await waiting(page)
        # A ticket that is void: said, and back.
        await page.goto(f"{site.url}/#kiosk=used&back={home}")
        await expect(page.get_by_text(words["again"])).to_be_visible()
        await shoot(page, "kiosk-ticket-void")
        await page.get_by_role("button", name=words["back"]).click()
        await page.wait_for_url(home)
        await waiting(page)
    window.complaints.clear()  # the browser mentions the 401 and the 403


async def test_a_server_that_goes_leaves_nobodys_pages_on_the_screen(
    window: Window, site: Site, bench: Agent
) -> None:
    home = f"http://127.0.0.1:{bench.port}/"
    page = await window.page("kiosk")
    await page.clock.install()
    await page.goto(home)
    async with bench.kiosk() as kiosk:
        await knows_the_card(kiosk, bench)
        await sign_in(page, kiosk, WORDS["ja"])
        await page.clock.run_for(2_000)  # the page has seen how long it may stay
        await site.server.end()
        await page.clock.fast_forward("02:05")
        await page.wait_for_url(home)
        await waiting(page)


async def test_what_is_weighty_wants_the_password(window: Window, site: Site, bench: Agent) -> None:
    page = await window.page("kiosk")
    await page.goto(f"http://127.0.0.1:{bench.port}/")
    async with bench.kiosk() as kiosk:
        await knows_the_card(kiosk, bench)
        await sign_in(page, kiosk, WORDS["ja"])
    found = await page.evaluate(
        "fetch('/api/v1/session/pin', {method: 'POST', body: '{\"pin\": null}',"
        " headers: {'Content-Type': 'application/json'}}).then((answer) => answer.json())"
    )
    assert found["type"] == "/problems/confirm-first"
    window.complaints.clear()


ELSEWHERE = [
    "https://evil.example/",
    "http://evil.example/",
    "https://127.0.0.1:7071/",
    "http://127.0.0.1.evil.example/",
    "http://127.0.0.1@evil.example/",
    "http://user@127.0.0.1:7071/",
    "http://127.0.0.1:7071/elsewhere",
    "http://127.0.0.1:7071/?q",
    "http://127.0.0.1:7071/#x",
    "http://[::1]:7071/",
    "javascript:alert(1)",
    "//evil.example/",
    "/",
    "",
    None,
]


async def test_only_this_machines_own_origin_is_a_way_back(window: Window, site: Site) -> None:
    page = await window.page("kiosk")
    await page.goto(f"{site.url}/#kiosk=ticket&back=https://evil.example/")
    await expect(page.locator("main.signin")).to_be_visible()
    assert page.url == f"{site.url}/#/"
    ask = "(back) => import('/web/kiosk.js').then((module) => module.kioskAddress(back))"
    assert [back for back in ELSEWHERE if await page.evaluate(ask, back) is not None] == []
    for back in ("http://127.0.0.1:7071/", "http://localhost:1/", "http://127.0.0.1/"):
        assert await page.evaluate(ask, back) == back
    window.complaints.clear()  # the browser mentions the 401 of who is not signed in
