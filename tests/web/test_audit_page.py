"""The audit trail in a real Chromium, as an admin uses it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from server.kernel.database import Connection
from support.api import Api, open_api
from support.browser import SIZES, Window, shoot
from support.browser_session import BrowserSession, set_up
from support.journal_entries import until


@pytest_asyncio.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as api:
        yield api


async def open_page(
    window: Window,
    api: Api,
    browser: BrowserSession,
    path: str,
    size: str = "desktop",
    language: str = "ja",
) -> Page:
    """Open an admin page with the session of somebody who has signed in."""
    page = await window.page(size, language)
    url = str(api.client.make_url("/"))
    await page.context.add_cookies([{"name": "genba_session", "value": browser.cookie, "url": url}])
    await page.goto(f"{url}#/{path}")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


async def all_sealed(api: Api) -> None:
    async def sealed() -> bool:
        entries = await api.kinds()
        return (await api.get("/api/v1/audit"))["position"] == len(entries)

    await until(sealed)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", SIZES)
async def test_the_page_fits_and_says_who_did_what_from_where(
    window: Window, api: Api, size: str, language: str
) -> None:
    browser = await set_up(api)
    made = await browser.ask("POST", "/api/v1/people", json={"code": "E1", "name": "山田 太郎"})
    path = f"/api/v1/people/{made.json['id']}"
    headers = {"If-Match": '"1"'}
    await browser.ask("PATCH", path, json={"name": "山田 次郎"}, headers=headers)
    await all_sealed(api)
    page = await open_page(window, api, browser, "journal", size, language)
    changed = page.locator(".entry", has_text="山田 次郎").first
    await changed.locator("summary").first.click()
    await expect(changed.locator("del")).to_have_text("山田 太郎")
    await expect(changed.locator("ins")).to_have_text("山田 次郎")
    await expect(changed.get_by_text("佐藤 花子").last).to_be_visible()
    await expect(changed.get_by_text("127.0.0.1")).to_be_visible()
    overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    await shoot(page, f"audit-{size}-{language}")
    assert overflow <= 0


async def test_an_admin_verifies_the_journal_and_sees_what_was_tampered_with(
    window: Window, api: Api
) -> None:
    browser = await set_up(api)
    await all_sealed(api)
    page = await open_page(window, api, browser, "journal")
    await page.get_by_role("button", name="今すぐ検証").click()
    await expect(page.get_by_text("改ざんなし")).to_be_visible()

    async def tamper(connection: Connection) -> None:
        await connection.execute("set local session_replication_role = replica")
        await connection.execute("update journal.entry set actor = 'x' where kind = 'site.changed'")

    await api.server.database.run(tamper)
    await page.get_by_role("button", name="今すぐ検証").click()
    await expect(page.get_by_text("1 件の不整合が見つかりました")).to_be_visible()
    await expect(page.get_by_text("封じたときと違います")).to_be_visible()
    await shoot(page, "audit-faulty")
