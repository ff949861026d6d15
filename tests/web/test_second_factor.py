"""Two-step sign-in as people see it: led to it in time, set up, used, demanded, and lost."""

import asyncio
import time

import asyncpg
import pyotp
import pytest
from playwright.async_api import Page, expect

from support.browser import Window, shoot
from support.site import Site

TYPING_SECONDS = 8
PASSWORD = "つくえの上の青いノギス 5 本"
WORDS = {
    "ja": {
        "site": "現場の名前",
        "you": "あなたの名前",
        "login": "ログイン名",
        "password": "パスワード",
        "begin": "始める",
        "advice": "2 段階認証を設定してください",
        "later": "あとで",
        "set_up": "認証アプリを設定",
        "key": "読み取れないときに入力する鍵",
        "shown": "アプリに出ている 6 桁の数字",
        "take": "設定する",
        "kept": "保管しました",
        "left": "残り 10 個",
        "sign_out": "サインアウト",
        "sign_in": "サインイン",
        "code": "確認コード",
        "due": "2 段階認証の設定",
        "accounts": "アカウント",
        "policy": "サインインの決まり",
        "whom": "2 段階認証が必要な人",
        "save": "保存",
    },
    "en": {
        "site": "Name of the site",
        "you": "Your name",
        "login": "Login name",
        "password": "Password",
        "begin": "Begin",
        "advice": "Set up two-step sign-in",
        "later": "Later",
        "set_up": "Set up an app",
        "key": "The key to type where it cannot be scanned",
        "shown": "The six digits that the app shows",
        "take": "Set up",
        "kept": "I have kept them",
        "left": "10 left",
        "sign_out": "Sign out",
        "sign_in": "Sign in",
        "code": "Code",
        "due": "Set up two-step sign-in",
        "accounts": "Accounts",
        "policy": "Rules for signing in",
        "whom": "Who needs two-step sign-in",
        "save": "Save",
    },
}


async def execute(site: Site, statement: str) -> None:
    connection = await asyncpg.connect(site.dsn)
    await connection.execute(statement)
    await connection.close()


async def first_run(page: Page, site: Site, words: dict[str, str]) -> None:
    link = (await site.cli("setup-link")).strip().splitlines()[-1]
    await page.goto(f"{site.url}/{link[link.index('#') :]}")
    await page.get_by_label(words["site"]).fill("みなと精機")
    await page.get_by_label(words["you"]).fill("佐藤 花子")
    await page.get_by_label(words["login"]).fill("hanako")
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.get_by_role("button", name=words["begin"]).click()
    await expect(page.locator("nav")).to_have_count(1)


async def shown_by(app: pyotp.TOTP) -> str:
    """Return what the phone shows, once there is time left to type it."""
    left = app.interval - time.time() % app.interval
    if left < TYPING_SECONDS:
        await asyncio.sleep(left)
    return app.now()


async def set_app_up(page: Page, words: dict[str, str], name: str) -> pyotp.TOTP:
    """Go through both dialogs, and return what the phone has then."""
    await page.get_by_role("button", name=words["set_up"]).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("img")).to_be_visible()
    await shoot(page, f"second-factor-qr-{name}")
    await dialog.get_by_text(words["key"]).click()
    app = pyotp.TOTP((await dialog.locator("pre").inner_text()).replace(" ", ""))
    await dialog.get_by_label(words["shown"]).fill(await shown_by(app))
    await dialog.get_by_role("button", name=words["take"]).click()
    await expect(dialog.locator("li")).to_have_count(10)
    await shoot(page, f"second-factor-codes-{name}")
    await dialog.get_by_role("button", name=words["kept"]).click()
    await expect(dialog).to_have_count(0)
    return app


async def sign_in(page: Page, words: dict[str, str]) -> None:
    await page.get_by_label(words["login"]).fill("hanako")
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.get_by_role("button", name=words["sign_in"], exact=True).click()


@pytest.mark.parametrize(("language", "size"), [("ja", "phone"), ("en", "desktop")])
async def test_an_admin_is_led_to_an_app_and_signs_in_with_its_code(
    window: Window, site: Site, language: str, size: str
) -> None:
    words, name = WORDS[language], f"{language}-{size}"
    page = await window.page(size, language)
    await first_run(page, site, words)
    advice = page.get_by_text(words["advice"])
    await expect(advice).to_be_visible()
    await shoot(page, f"second-factor-advice-{name}")
    await page.get_by_role("link", name=words["take"], exact=True).click()
    app = await set_app_up(page, words, name)
    await expect(page.get_by_text(words["left"])).to_be_visible()
    await expect(advice).to_have_count(0)
    await page.get_by_text(words["left"]).scroll_into_view_if_needed()
    await shoot(page, f"second-factor-panel-{name}")

    await execute(site, "update accounts.session set revoked_at = now()")
    await execute(site, "update accounts.totp set last_step = 0")
    await page.reload()
    await sign_in(page, words)
    code = page.get_by_label(words["code"])
    await expect(code).to_be_focused()
    await shoot(page, f"second-factor-signin-{name}")
    await code.fill("ABC")
    await page.get_by_role("button", name=words["sign_in"], exact=True).click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await code.fill(await shown_by(app))
    await page.get_by_role("button", name=words["sign_in"], exact=True).click()
    await expect(page.locator("nav")).to_have_count(1)
    window.complaints.clear()  # the browser mentions what was refused


@pytest.mark.parametrize(("language", "size"), [("ja", "desktop"), ("en", "phone")])
async def test_when_the_time_is_over_nothing_but_the_second_factor_is_shown(
    window: Window, site: Site, language: str, size: str
) -> None:
    words, name = WORDS[language], f"due-{language}-{size}"
    page = await window.page(size, language)
    await first_run(page, site, words)
    await page.get_by_role("button", name=words["later"], exact=True).click()
    await expect(page.get_by_text(words["advice"])).to_have_count(0)
    await execute(site, "update accounts.account set second_factor_due = now()")
    await page.reload()
    await expect(page.get_by_role("heading", name=words["due"])).to_be_visible()
    await expect(page.locator("nav")).to_have_count(0)
    await shoot(page, f"second-factor-{name}")
    await set_app_up(page, words, name)
    await expect(page.locator("nav")).to_have_count(1)
    window.complaints.clear()


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_an_admin_says_who_needs_two_steps(window: Window, site: Site, language: str) -> None:
    words = WORDS[language]
    page = await window.page("desktop", language)
    await first_run(page, site, words)
    await page.goto(f"{site.url}/#/accounts")
    await page.get_by_role("button", name=words["policy"]).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label(words["whom"]).select_option("nobody")
    await shoot(page, f"second-factor-policy-{language}")
    await dialog.get_by_role("button", name=words["save"]).click()
    await expect(page.get_by_text(words["advice"])).to_have_count(0)
    await expect(dialog).to_have_count(0)
