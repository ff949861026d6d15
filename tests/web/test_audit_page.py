"""The audit trail in a real Chromium, as an admin uses it."""

import pytest
from playwright.async_api import expect

from server.kernel.database import Connection
from support.admin_pages import open_page, overflow
from support.api import Api
from support.browser import SIZES, Window, shoot
from support.browser_session import set_up
from support.journal_entries import until


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
    page = await open_page(window, browser, "journal", size, language)
    changed = page.locator(".entry", has_text="山田 次郎").first
    await changed.locator("summary").first.click()
    await expect(changed.locator("del")).to_have_text("山田 太郎")
    await expect(changed.locator("ins")).to_have_text("山田 次郎")
    await expect(changed.get_by_text("佐藤 花子").last).to_be_visible()
    await expect(changed.get_by_text("127.0.0.1")).to_be_visible()
    await shoot(page, f"audit-{size}-{language}")
    assert await overflow(page) <= 0


async def test_an_admin_verifies_the_journal_and_sees_what_was_tampered_with(
    window: Window, api: Api
) -> None:
    browser = await set_up(api)
    await all_sealed(api)
    page = await open_page(window, browser, "journal")
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
