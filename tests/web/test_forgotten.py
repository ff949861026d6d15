"""A forgotten password in a real Chromium, with a real relay in between."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from support.browser import Window, shoot
from support.site import Site
from support.smtp_server import PASSWORD, USER, a_relay

NEW = "みなとの夜景はきれいだ"


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_who_forgot_the_password_gets_a_link_and_chooses_another(
    window: Window, tmp_path: Path, database_url: str, language: str
) -> None:
    async with a_relay(tmp_path) as relay:
        site = Site(tmp_path, database_url)
        site.environment |= {
            "GENBA_SERVER__SITE__URL": site.url,
            "GENBA_SERVER__MAIL__HOST": "localhost",
            "GENBA_SERVER__MAIL__PORT": str(relay.port),
            "GENBA_SERVER__MAIL__USER": USER,
            "GENBA_SERVER__MAIL__PASSWORD": PASSWORD,
            "GENBA_SERVER__MAIL__SENDER": "genba@example.jp",
            "GENBA_SERVER__MAIL__CA_FILE": str(relay.certificate),
        }
        async with site.running():
            taro = {"login": "taro", "name": "田中 太郎", "email": "taro@example.jp"}
            await site.post("/api/v1/accounts", {**taro, "roles": ["admin"]})
            page = await window.page(language=language)
            await page.goto(site.url)
            await page.get_by_role("textbox").first.fill("taro")
            await page.get_by_role("button", name=re.compile("忘れた|Forgot")).click()
            who = page.get_by_role("textbox")
            await expect(who).to_have_value("taro")
            await shoot(page, f"forgotten-{language}")
            await page.get_by_role("button", name=re.compile("リンクを送る|Send the link")).click()
            await expect(page.get_by_role("heading", level=1)).to_have_text(
                re.compile("受け付けました|We are on it")
            )
            await shoot(page, f"forgotten-sent-{language}")
            async with asyncio.timeout(20):
                mail = await relay.mails.get()
            [link] = re.findall(r"http://\S+", mail.message.get_content())
            await page.goto(link)
            await page.locator("input[type=password]").fill(NEW)
            await page.locator("button[type=submit]").click()
            await expect(page.locator("nav")).to_have_count(1)
    window.complaints.clear()  # the browser mentions the 401 of who is not signed in


async def test_an_account_is_given_an_address(window: Window, workshop: Site) -> None:
    page = await window.page()
    await page.goto(await workshop.sign_in_url())
    await expect(page.locator("nav")).to_have_count(1)
    await page.goto(f"{workshop.url}/#/accounts")
    await page.get_by_role("main").get_by_role("link", name="検査 花子").click()
    await page.get_by_role("button", name="編集").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("メールアドレス").fill("x")
    await dialog.get_by_role("button", name="保存する").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("メールアドレスの形")
    await shoot(page, "account-address")
    await dialog.get_by_label("メールアドレス").fill("hanako@example.jp")
    await dialog.get_by_role("button", name="保存する").click()
    await expect(page.get_by_text("hanako@example.jp")).to_be_visible()
    window.complaints.clear()  # the browser mentions the 422
