"""The product as it is used: a kiosk page and an admin page in a real Chromium."""

import re
import signal

from playwright.async_api import Page, expect

from support.browser import Window, shoot
from support.site import Agent, Site


async def a_bench(site: Site, **environment: str) -> Agent:
    await site.person("1001", "佐藤 花子", "0123456789ABCDEF")
    await site.item("T-001", "トルクレンチ", "04A1B2C3D4E580")
    return await site.add_agent("工具室", **environment)


async def card(page: Page, name: str, kind: str) -> None:
    """Press a card in the drawer."""
    await page.get_by_role("button", name=kind, exact=True).click()
    await page.get_by_role("button", name=re.compile(name)).first.click()


async def test_borrow_undo_and_return_on_screen_and_live_on_the_dashboard(
    site: Site, window: Window
) -> None:
    agent = await a_bench(site)
    kiosk, admin = await window.page("kiosk"), await window.page("desktop")
    await admin.goto(await site.sign_in_url())
    await kiosk.goto(f"http://127.0.0.1:{agent.port}/")
    await card(kiosk, "T-001", "道具")
    await expect(kiosk.locator("main")).to_have_attribute("data-screen", "ask_person")
    await card(kiosk, "佐藤", "社員証")
    await expect(kiosk.get_by_role("status")).to_contain_text("貸し出しました")
    await expect(admin.get_by_text("T-001").first).to_be_visible()
    await shoot(kiosk, "kiosk-borrowed")
    await shoot(admin, "dashboard-after-borrowing")
    await kiosk.get_by_role("button", name=re.compile("取り消す")).first.click()
    await expect(admin.get_by_text("T-001")).to_have_count(0)
    await shoot(kiosk, "kiosk-undone")


async def test_offline_is_said_calmly_and_ends_by_itself(site: Site, window: Window) -> None:
    agent = await a_bench(site)
    kiosk = await window.page("kiosk")
    await kiosk.goto(f"http://127.0.0.1:{agent.port}/")
    await card(kiosk, "T-001", "道具")
    await site.server.end(signal.SIGKILL)
    await card(kiosk, "佐藤", "社員証")
    await expect(kiosk.get_by_text(re.compile("1 ?件")).first).to_be_visible()
    await shoot(kiosk, "kiosk-offline")
    await site.start_server()
    await expect(kiosk.get_by_text("接続中")).to_be_visible(timeout=20_000)


async def test_a_kiosk_set_to_english_begins_in_english(site: Site, window: Window) -> None:
    agent = await a_bench(site, GENBA_AGENT__KIOSK__LANGUAGE="en")
    kiosk = await window.page("kiosk")
    await kiosk.goto(f"http://127.0.0.1:{agent.port}/")
    await expect(kiosk.get_by_text("Demo cards")).to_be_visible()


async def test_the_api_s_page_opens(site: Site, window: Window) -> None:
    page = await window.page("desktop")
    await page.goto(await site.sign_in_url())
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.goto(f"{site.url}/api/docs")
    await expect(page.get_by_text("List items")).to_be_visible()
    await shoot(page, "api-docs")
