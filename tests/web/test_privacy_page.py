"""Disclosure and erasure of a person in a real Chromium, as an admin does it."""

import zipfile

import pytest
from playwright.async_api import expect

from support.admin_pages import open_page, overflow
from support.api import Api
from support.browser import SIZES, Window, shoot
from support.browser_session import BrowserSession, set_up


async def somebody(browser: BrowserSession) -> str:
    draft = {"code": "E-7", "name": "冨樫 未来", "reading": "とがし みく"}
    made = await browser.ask("POST", "/api/v1/people", json=draft)
    return str(made.json["id"])


async def test_an_open_loan_is_named_and_after_its_return_the_person_is_erased(
    window: Window, api: Api
) -> None:
    browser = await set_up(api)
    person = await somebody(browser)
    item = (await browser.ask("POST", "/api/v1/items", json={"code": "T1", "name": "レンチ"})).json
    wanted = {"item": item["id"], "person": person}
    loan = (await browser.ask("POST", "/api/v1/loans", json=wanted)).json
    page = await open_page(window, browser, f"people/{person}")
    await page.get_by_role("button", name="消去する…").click()
    await expect(page.get_by_text("借りている道具が 1 点あります")).to_be_visible()
    erase = page.get_by_role("button", name="元に戻せないことを理解して消去する")
    await expect(erase).to_be_disabled()
    await shoot(page, "privacy-blocked")
    await browser.ask("POST", f"/api/v1/loans/{loan['id']}/return", json={})

    await expect(erase).to_be_enabled()
    await page.get_by_role("textbox", name="社員番号「E-7」").fill("E-8")
    # The browser mentions the refusal, when it gets round to it.
    async with page.expect_console_message(lambda said: "422" in said.text):
        await erase.click()
    await expect(page.get_by_text("社員番号が違います")).to_be_visible()
    window.complaints.clear()
    await page.get_by_role("textbox", name="社員番号「E-7」").fill("E-7")
    await shoot(page, "privacy-confirm")
    await erase.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("匿名 X-")
    await expect(page.get_by_text("消去済み")).to_be_visible()
    await expect(page.get_by_text("冨樫")).to_have_count(0)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", SIZES)
async def test_the_file_for_disclosure_is_saved_from_every_size_of_page(
    window: Window, api: Api, size: str, language: str
) -> None:
    browser = await set_up(api)
    page = await open_page(window, browser, f"people/{await somebody(browser)}", size, language)
    name = {"ja": "開示用ファイルを保存", "en": "Save file for disclosure"}[language]
    async with page.expect_download() as started:
        await page.get_by_role("link", name=name).click()
    file = await (await started.value).path()
    with zipfile.ZipFile(file) as archive:
        assert {"data.json", "index.html", "people.profile.csv"} <= set(archive.namelist())
    await shoot(page, f"privacy-{size}-{language}")
    assert await overflow(page) <= 0
