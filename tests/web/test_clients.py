"""Machines and connected apps, in a real Chromium: a secret is shown once, and works."""

import re

import aiohttp
import pytest
from playwright.async_api import expect

from support.admin_pages import overflow, signed_in
from support.browser import SIZES, Window, shoot
from support.site import Site


async def status_of(site: Site, grant: dict[str, str], auth: tuple[str, str] | None = None) -> int:
    """Ask for a token as a machine does."""
    headers = {"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{site.url}/api/v1/oauth/token", data=grant, headers=headers) as answer,
    ):
        return answer.status


async def test_a_machine_is_added_gets_another_secret_and_is_stopped(
    window: Window, site: Site
) -> None:
    page = await signed_in(window, site)
    await page.get_by_role("link", name="機器の接続").click()
    await expect(page.get_by_text("機器がありません")).to_be_visible()
    await page.get_by_role("button", name="機器を追加").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("名前", exact=False).first.fill("搬送ロボット AGV-2")
    await dialog.get_by_label("閲覧者").check()
    await shoot(page, "client-form")
    await dialog.get_by_role("button", name="登録する").click()

    shown = page.get_by_role("dialog").locator("pre")
    secret = await shown.first.inner_text()
    command = await shown.last.inner_text()
    await shoot(page, "client-secret")
    [client] = re.findall(r"--user (\S+)", command)
    assert client.startswith("agv-2-")
    assert secret not in command
    grant = {"grant_type": "client_credentials"}
    assert await status_of(site, grant, (client, secret)) == 200
    await page.get_by_role("button", name="機器に入れました").click()
    await expect(page.get_by_text(secret)).to_have_count(0)

    await page.get_by_role("link", name="搬送ロボット AGV-2").click()
    await expect(page.get_by_role("heading", name="搬送ロボット AGV-2")).to_be_visible()
    await shoot(page, "client")
    await page.get_by_role("button", name="新しい接続キーを作る").click()
    question = page.get_by_role("dialog", name="接続キーを取り替えますか?")
    await question.get_by_role("button", name="新しい接続キーを作る").click()
    fresh = await page.get_by_role("dialog").locator("pre").first.inner_text()
    await page.get_by_role("button", name="機器に入れました").click()
    assert await status_of(site, grant, (client, secret)) == 401
    assert await status_of(site, grant, (client, fresh)) == 200

    await page.get_by_role("button", name="停止する").click()
    await page.get_by_role("dialog").get_by_role("button", name="停止する").click()
    await expect(page.get_by_text("停止中")).to_be_visible()
    assert await status_of(site, grant, (client, fresh)) == 401


async def test_an_app_is_connected_and_cut_off(window: Window, site: Site) -> None:
    page = await signed_in(window, site)
    await page.goto(f"{site.url}/#/me")
    await page.get_by_role("button", name="アプリをつなぐ").click()
    await page.get_by_role("dialog").get_by_label("アプリの名前").fill("倉庫のタブレット")
    await page.get_by_role("dialog").get_by_role("button", name="つなぐ", exact=True).click()
    token = await page.get_by_role("dialog").locator("pre").inner_text()
    await shoot(page, "app-secret")
    await page.get_by_role("button", name="アプリに入れました").click()
    grant = {"grant_type": "refresh_token", "refresh_token": token}
    assert await status_of(site, grant) == 200
    row = page.get_by_role("row").filter(has_text="倉庫のタブレット")
    await shoot(page, "apps")
    await row.get_by_role("button", name="切る").click()
    await expect(page.get_by_text("つないだアプリはありません")).to_be_visible()
    assert await status_of(site, grant) == 400


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", SIZES)
async def test_the_pages_fit(window: Window, site: Site, size: str, language: str) -> None:
    await site.post("/api/v1/clients", {"name": "Weighing scale at gate 3", "roles": ["viewer"]})
    page = await signed_in(window, site, size, language)
    for path, name in (("clients", "clients"), ("me", "me-apps")):
        await page.goto(f"{site.url}/#/{path}")
        heading = page.get_by_role("heading", name=re.compile("機器の接続|Machines|アプリ|apps"))
        await expect(heading.first).to_be_visible()
        await shoot(page, f"{name}-{size}-{language}")
        assert await overflow(page) <= 0
