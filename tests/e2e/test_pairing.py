"""A new kiosk becomes the site's: its screen and the admin pages in a real Chromium."""

import asyncio
import re
import signal
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Page, expect

from support.browser import Window, shoot
from support.site import Agent, Site

PASSWORD = "ひらがなと数字の長い文 7"
WORDS = {
    "ja": {
        "add": "端末を追加",
        "code": "端末に出ているコード",
        "name": "名前",
        "typed": "アドレスを入力",
        "connect": "つなぐ",
        "register": "登録する",
        "replace": "置き換える",
        "revoke": "接続を取り消す",
        "waiting": "追加を待っている端末",
        "wrong": "このコードを表示している端末はありません",
        "revoked": "取り消されています",
    },
    "en": {
        "add": "Add kiosk",
        "code": "Code on the kiosk’s screen",
        "name": "Name",
        "typed": "Type an address",
        "connect": "Connect",
        "register": "Register",
        "replace": "Replace",
        "revoke": "Revoke",
        "waiting": "Kiosks waiting to be added",
        "wrong": "No kiosk shows this code",
        "revoked": "was revoked",
    },
}


async def cookie_of_an_admin(site: Site, language: str) -> str:
    """Set the site up and return the first admin's session."""
    link = (await site.cli("setup-link")).strip().splitlines()[-1]
    wanted = {
        "code": link.partition("=")[2],
        "site": "みなと精機",
        "zone": "Asia/Tokyo",
        "language": language,
        "name": "佐藤 花子",
        "login": "hanako",
        "password": PASSWORD,
    }
    async with (
        aiohttp.ClientSession() as client,
        client.post(
            f"{site.url}/api/v1/session/set-up", json=wanted, headers={"Origin": site.url}
        ) as answer,
    ):
        assert answer.status == 200, await answer.text()
        return answer.cookies["genba_session"].value


async def admin_page(site: Site, window: Window, language: str) -> Page:
    page = await window.page("desktop", language)
    cookie = await cookie_of_an_admin(site, language)
    await page.context.add_cookies([{"name": "genba_session", "value": cookie, "url": site.url}])
    await page.goto(f"{site.url}/#/agents")
    return page


async def code_on(kiosk: Page, not_this: str = "") -> str:
    """Return the code in large letters."""
    letters = kiosk.locator(".k-pair-code")
    await expect(letters).to_have_text(re.compile(r"^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$"))
    if not_this:
        await expect(letters).not_to_have_text(not_this)
    return await letters.inner_text()


async def type_the_address(kiosk: Page, url: str, words: dict[str, str]) -> None:
    """Press the keys on the screen, as there are no others."""
    await kiosk.get_by_role("button", name=words["typed"]).click()
    for key in url:
        await kiosk.get_by_role("button", name=key, exact=True).click()
    await kiosk.get_by_role("button", name=words["connect"]).click()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("language", ["ja", "en"])
async def test_a_kiosk_is_added_revoked_and_registered_again(
    site: Site, window: Window, language: str
) -> None:
    words = WORDS[language]
    agent = Agent(
        site,
        "kiosk",
        {"GENBA_AGENT__SERVER__URL": "", "GENBA_AGENT__KIOSK__LANGUAGE": language},
    )
    site.agents["kiosk"] = agent
    await agent.start()
    kiosk = await window.page("kiosk", language)
    await kiosk.goto(f"http://127.0.0.1:{agent.port}/")
    admin = await admin_page(site, window, language)

    await type_the_address(kiosk, site.url, words)
    code = await code_on(kiosk)
    await shoot(kiosk, f"kiosk-code-{language}")
    await expect(admin.get_by_text(words["waiting"])).to_be_visible()
    await shoot(admin, f"agents-waiting-{language}")

    await admin.get_by_role("button", name=words["add"]).first.click()
    dialog = admin.get_by_role("dialog")
    await dialog.get_by_label(words["code"]).fill("BBBB-BBBB")
    await dialog.get_by_label(words["name"]).fill("工具室")
    await dialog.get_by_role("button", name=words["add"]).click()
    await expect(dialog.get_by_text(words["wrong"])).to_be_visible()
    await shoot(admin, f"agents-wrong-code-{language}")
    await dialog.get_by_label(words["code"]).fill(code.lower())
    await dialog.get_by_role("button", name=words["add"]).click()
    await expect(dialog).to_have_count(0)
    await expect(kiosk.locator("main")).to_have_attribute("data-screen", "waiting")
    await expect(kiosk.get_by_text("工具室").first).to_be_visible()

    await admin.get_by_role("button", name=words["revoke"]).click()
    dialog = admin.get_by_role("dialog")
    await dialog.get_by_role("button", name=words["revoke"]).click()
    await expect(kiosk.get_by_text(words["revoked"])).to_be_visible()
    await shoot(kiosk, f"kiosk-revoked-{language}")
    await kiosk.get_by_role("button", name=words["register"], exact=True).click()
    await type_the_address(kiosk, site.url, words)
    again = await code_on(kiosk, code)
    await admin.get_by_role("button", name=words["replace"]).first.click()
    await admin.get_by_role("dialog").get_by_label(words["code"]).fill(again)
    await shoot(admin, f"agents-replace-{language}")
    await admin.get_by_role("dialog").get_by_role("button", name=words["replace"]).click()
    await expect(kiosk.locator("main")).to_have_attribute("data-screen", "waiting")
    await expect(kiosk.get_by_text(words["revoked"])).to_have_count(0)
    [refused] = window.complaints
    assert "422" in refused, "the wrong code, which the browser mentions"
    window.complaints.clear()


@pytest.mark.timeout(120)
async def test_an_agent_without_a_screen_is_paired_on_its_terminal(site: Site) -> None:
    agent = Agent(site, "headless", {})
    process = await asyncio.create_subprocess_exec(
        *agent_command("pair", "--server", site.url),
        env={**agent.environment, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while not (line := (await process.stdout.readline()).decode().strip()):
                pass
            assert re.fullmatch(r"[A-Z]{4}-[A-Z]{4}", line)
            approval = {"code": line, "name": "無人"}
            await site.post("/api/v1/devices/pairings/approve", approval)
            rest = (await process.stdout.read()).decode()
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()
    assert "paired as 無人" in rest
    await agent.start()
    site.agents["headless"] = agent
    async with agent.kiosk() as kiosk:
        await kiosk.see(lambda state: state.link.online)


def agent_command(*arguments: str) -> list[str]:
    import sys

    return [sys.executable, "-m", "agent", *arguments]
