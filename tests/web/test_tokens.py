"""The page of API tokens in a real Chromium."""

import re

import aiohttp
import pytest
from playwright.async_api import expect

from support.browser import Window, shoot
from support.site import Site


async def status(site: Site, secret: str, path: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    async with (
        aiohttp.ClientSession(site.url, headers=headers) as client,
        client.get(path) as answer,
    ):
        return answer.status


@pytest.mark.parametrize(
    ("language", "size"), [("ja", "desktop"), ("en", "desktop"), ("ja", "phone")]
)
async def test_a_token_is_made_shown_once_and_revoked(
    window: Window, workshop: Site, language: str, size: str
) -> None:
    page = await window.page(size, language)
    await page.goto(await workshop.sign_in_url())
    await expect(page.locator("main h1")).to_be_visible()
    await page.goto(f"{workshop.url}/#/tokens")
    await page.get_by_role("button", name=re.compile("トークンを追加|Add token")).click()
    form = page.get_by_role("dialog")
    await form.get_by_role("textbox").fill("stock report")
    create = form.get_by_role("button", name=re.compile("登録する|Create"))
    await create.click()
    await expect(form.get_by_role("alert")).to_contain_text(re.compile("1 つ以上|at least one"))
    await form.get_by_role("combobox").select_option("never")
    await expect(form.get_by_text(re.compile("漏れても|leaks"))).to_be_visible()
    await shoot(page, f"token-form-{size}-{language}")
    await form.get_by_role("combobox").select_option("30")
    boxes = form.get_by_role("checkbox")
    await expect(boxes.first).to_be_visible()
    await form.get_by_role("checkbox", name=re.compile("社員.*見る|See people", re.I)).first.check()
    await create.click()
    secret = await page.get_by_role("dialog").locator("pre").inner_text()
    await shoot(page, f"token-made-{size}-{language}")
    await page.get_by_role("button", name=re.compile("^コピーしました$|I have copied it")).click()
    assert await status(workshop, secret, "/api/v1/people") == 200
    assert await status(workshop, secret, "/api/v1/accounts") == 403

    row = page.get_by_role("row").filter(has_text="stock report")
    await expect(row).to_be_visible()
    await shoot(page, f"tokens-{size}-{language}")
    await row.get_by_role("button", name=re.compile("無効にする|Revoke")).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=re.compile("無効にする|Revoke")).click()
    await expect(row).to_contain_text(re.compile("無効|Revoked"))
    await expect(row.get_by_role("button")).to_have_count(0)
    assert await status(workshop, secret, "/api/v1/people") == 401
