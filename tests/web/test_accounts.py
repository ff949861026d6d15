"""Setting a site up, signing in, accounts and roles, in a real Chromium."""

import re

import asyncpg
import pytest
from playwright.async_api import Page, expect

from support.admin_pages import overflow
from support.browser import SIZES, Window, shoot
from support.site import Site

PASSWORD = "つくえの上の青いノギス 5 本"


async def setup_url(site: Site) -> str:
    link = (await site.cli("setup-link")).strip().splitlines()[-1]
    return f"{site.url}/{link[link.index('#') :]}"


async def set_up(page: Page, site: Site) -> None:
    await page.goto(await setup_url(site))
    await page.get_by_label("現場の名前").fill("みなと精機 第一工場")
    await page.get_by_label("あなたの名前").fill("佐藤 花子")
    await page.get_by_label("ログイン名").fill("hanako")
    await page.get_by_label("パスワード", exact=False).first.fill(PASSWORD)
    await page.get_by_role("button", name="始める").click()
    await expect(page.get_by_role("link", name="アカウント", exact=True)).to_be_visible()


async def sign_in(page: Page, login: str, password: str = PASSWORD) -> None:
    await page.get_by_label("ログイン名").fill(login)
    await page.get_by_label("パスワード", exact=False).first.fill(password)
    await page.get_by_role("button", name="サインイン").click()


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", SIZES)
async def test_the_first_run_is_one_page_that_fits(
    window: Window, site: Site, size: str, language: str
) -> None:
    page = await window.page(size, language)
    await page.goto(await setup_url(site))
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await shoot(page, f"setup-{size}-{language}")
    assert await overflow(page) <= 0
    fields = page.get_by_role("textbox")
    for number, text in enumerate(["Minato Works", "Hanako Sato", "hanako"]):
        await fields.nth(number).fill(text)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.get_by_role("button").filter(has_text=re.compile("始める|Begin")).click()
    await expect(page.locator("nav")).to_have_count(1)
    await expect(page.locator(".side-site")).to_have_text("Minato Works")
    assert "genba_" not in page.url


async def test_a_weak_password_is_refused_beside_its_field_and_the_rest_stays(
    window: Window, site: Site
) -> None:
    page = await window.page()
    await page.goto(await setup_url(site))
    await page.get_by_label("現場の名前").fill("みなと精機")
    await page.get_by_label("あなたの名前").fill("佐藤 花子")
    await page.get_by_label("ログイン名").fill("hanako")
    await page.get_by_label("パスワード", exact=False).first.fill("iloveyou1")
    await page.get_by_role("button", name="始める").click()
    await expect(page.get_by_role("alert")).to_contain_text("流出")
    window.complaints.clear()  # the browser mentions the 422
    await expect(page.get_by_label("現場の名前")).to_have_value("みなと精機")
    await page.get_by_label("パスワード", exact=False).first.fill(PASSWORD)
    await page.get_by_role("button", name="始める").click()
    await expect(page.locator("nav")).to_have_count(1)


async def test_signing_out_and_in_leads_back_to_the_page(window: Window, site: Site) -> None:
    page = await window.page()
    await set_up(page, site)
    await page.goto(f"{site.url}/#/people")
    await page.get_by_role("button", name="サインアウト").click()
    await shoot(page, "signin")
    await sign_in(page, "hanako", "まちがったパスワード")
    await expect(page.get_by_role("alert").or_(page.locator(".g-notice")).first).to_contain_text(
        "サインインできません"
    )
    window.complaints.clear()  # the browser mentions the 403
    await sign_in(page, "hanako")
    await expect(page.get_by_role("heading", level=1)).to_have_text("社員")


async def test_an_account_is_made_and_its_owner_chooses_the_password(
    window: Window, site: Site
) -> None:
    admin = await window.page()
    await set_up(admin, site)
    await admin.get_by_role("link", name="アカウント", exact=True).click()
    await admin.get_by_role("button", name="アカウントを追加").first.click()
    dialog = admin.get_by_role("dialog")
    await dialog.get_by_label("名前", exact=False).first.fill("田中 一郎")
    await dialog.get_by_label("ログイン名").fill("ichiro")
    await dialog.get_by_label("閲覧者").check()
    await shoot(admin, "account-form")
    await dialog.get_by_role("button", name="登録する").click()
    link = await admin.get_by_role("dialog").locator("pre").inner_text()
    await shoot(admin, "account-link")
    await admin.get_by_role("button", name="渡しました").click()
    await expect(admin.get_by_text("パスワード待ち")).to_be_visible()

    owner = await window.page("phone")
    await owner.goto(link)
    await expect(owner.get_by_text("ichiro")).to_be_visible()
    await shoot(owner, "choose-password")
    await owner.get_by_label("パスワード", exact=False).first.fill("しずかな工場の朝は寒い")
    await owner.get_by_role("button", name="決めてサインインする").click()
    await expect(owner.locator("nav")).to_have_count(1)
    await expect(admin.get_by_text("パスワード待ち")).to_have_count(0)  # live

    # A viewer reads; what they may not see is not offered, and says so when asked for.
    await owner.goto(f"{site.url}/#/accounts")
    await expect(owner.get_by_text("この画面は開けません")).to_be_visible()
    await shoot(owner, "not-for-you")

    await owner.goto(link)
    await expect(owner.get_by_role("heading", name="このリンクは使えません")).to_be_visible()
    window.complaints.clear()  # the browser mentions the 403
    await shoot(owner, "void-link")
    await owner.get_by_role("button", name="サインイン画面へ").click()
    await expect(owner.locator("nav")).to_have_count(1)

    await admin.get_by_role("link", name="田中 一郎").click()
    await expect(admin.get_by_role("heading", name="田中 一郎")).to_be_visible()
    await shoot(admin, "account")
    await admin.get_by_role("button", name="停止する").click()
    await admin.get_by_role("dialog").get_by_role("button", name="停止する").click()
    await expect(owner.get_by_label("ログイン名")).to_be_visible()
    await owner.close()
    window.complaints.clear()  # the browser mentions what was refused since


async def test_a_right_given_in_the_matrix_works_at_once_and_is_taken_back(
    window: Window, workshop: Site
) -> None:
    page = await window.page()
    await page.goto(await workshop.sign_in_url())
    await expect(page.locator("nav")).to_have_count(1)
    await page.goto(f"{workshop.url}/#/roles")
    box = page.get_by_label("責任者: アカウントと役割を見る")
    await box.check()
    await expect(page.get_by_text("を許しました")).to_be_visible()
    await shoot(page, "roles")
    roles = (await workshop.get("/api/v1/roles"))["items"]
    assert "accounts.read" in next(r for r in roles if r["id"] == "manager")["permissions"]
    await page.get_by_role("button", name="元に戻す").first.click()
    await expect(box).not_to_be_checked()


async def test_a_new_password_wants_the_old_one(window: Window, site: Site) -> None:
    page = await window.page()
    await set_up(page, site)
    await page.goto(f"{site.url}/#/me")
    await page.get_by_role("button", name="パスワードを変える").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("いまのパスワード").fill("まちがったパスワード")
    await dialog.get_by_label("新しいパスワード").fill("しずかな夜の波の音 7")
    await dialog.get_by_role("button", name="保存する").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("パスワードが違います")
    await shoot(page, "password-form")
    window.complaints.clear()  # the browser mentions the 403
    await dialog.get_by_label("いまのパスワード").fill(PASSWORD)
    await dialog.get_by_role("button", name="保存する").click()
    await expect(page.get_by_text("パスワードを変えました")).to_be_visible()
    await page.get_by_role("button", name="サインアウト").click()
    await sign_in(page, "hanako", "しずかな夜の波の音 7")
    await expect(page.locator("nav")).to_have_count(1)


async def test_a_weighty_change_asks_who_is_there_when_the_proof_is_old(
    window: Window, site: Site
) -> None:
    page = await window.page()
    await set_up(page, site)
    person = await site.person("1001", "佐藤 花子", "0123456789ABCDEF")
    connection = await asyncpg.connect(site.dsn)
    await connection.execute("update accounts.account set person = $1", person)
    await connection.execute(
        "update accounts.session set authenticated_at = now() - interval '1 hour'"
    )
    await connection.close()
    await page.goto(f"{site.url}/#/me")
    await shoot(page, "me")
    await page.get_by_role("button", name="暗証番号を決める").click()
    await page.get_by_role("dialog").get_by_role("textbox").fill("280714")
    await page.get_by_role("button", name="保存する").click()
    question = page.get_by_role("dialog", name="本人の確認")
    await expect(question).to_be_visible()
    await shoot(page, "confirm-identity")
    await question.get_by_label("パスワード", exact=False).first.fill(PASSWORD)
    await question.get_by_role("button", name="確認する").click()
    await expect(page.get_by_text("暗証番号を決めました")).to_be_visible()
    await expect(page.get_by_text("決めてあります")).to_be_visible()
    window.complaints.clear()  # the browser mentions the 403


async def test_the_end_of_a_session_is_said_in_time(window: Window, site: Site) -> None:
    page = await window.page()
    await set_up(page, site)
    connection = await asyncpg.connect(site.dsn)
    await connection.execute("update accounts.session set ends_at = now() + '40s'::interval")
    await page.reload()
    dialog = page.get_by_role("dialog", name="まもなくサインアウトします")
    await expect(dialog).to_contain_text("秒で利用時間が終わります")
    await connection.execute("update accounts.session set ends_at = now() + '1h'::interval")
    await dialog.get_by_role("button", name="続ける").click()
    await expect(dialog).to_have_count(0)
    await connection.execute("update accounts.session set ends_at = now()")
    await connection.close()
    async with page.expect_console_message(lambda said: "401" in said.text):
        await page.goto(f"{site.url}/#/people")
    await expect(page.get_by_text("利用時間が終わったか")).to_be_visible()
    window.complaints.clear()


async def test_a_touch_is_told_once_and_keeps_no_session_for_ever(
    window: Window, site: Site
) -> None:
    page = await window.page()
    await page.clock.install()
    await set_up(page, site)
    await expect(page.locator("nav")).to_have_count(1)
    told: list[str] = []
    page.on("request", lambda asked: told.append(asked.url) if "/stay" in asked.url else None)
    await page.clock.run_for(2_000)
    await page.keyboard.press("Shift")
    async with page.expect_response(lambda answer: "/stay" in answer.url):
        await page.clock.run_for(65_000)
    for _ in range(3):
        await page.clock.run_for(2_000)
        async with page.expect_response(lambda answer: "/welcome" in answer.url):
            await page.evaluate("fetch('/api/v1/welcome')")
    assert len(told) == 1
