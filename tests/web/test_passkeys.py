"""Passkeys in a real Chromium, with its own virtual authenticator (WebAuthn Level 3, 11)."""

from typing import Any

import asyncpg
import pytest
from playwright.async_api import CDPSession, Page, expect

from support.browser import Window, shoot
from support.site import Site

WORDS = {
    "ja": {
        "add": "パスキーを追加",
        "name": "パスキーの名前",
        "sign_in": "パスキーでサインイン",
        "sign_out": "サインアウト",
        "confirm": "パスキーで確認する",
        "rename": "名前を変える",
        "remove": "削除",
        "insecure": "この画面の開き方では、パスキーは使えません",
        "no_answer": "パスキーは使われませんでした",
    },
    "en": {
        "add": "Add passkey",
        "name": "Name of the passkey",
        "sign_in": "Sign in with a passkey",
        "sign_out": "Sign out",
        "confirm": "Confirm with a passkey",
        "rename": "Rename",
        "remove": "Delete",
        "insecure": "Passkeys do not work the way this page was opened",
        "no_answer": "No passkey was used",
    },
}


class Authenticator:
    """A virtual authenticator of this page. It answers by itself while `present`."""

    def __init__(self, session: CDPSession, id: str) -> None:
        self._session = session
        self._id = id

    async def set_present(self, present: bool) -> None:
        await self._tell("setAutomaticPresenceSimulation", enabled=present)

    async def set_verified(self, verified: bool) -> None:
        await self._tell("setUserVerified", isUserVerified=verified)

    async def _tell(self, what: str, **words: Any) -> None:
        await self._session.send(f"WebAuthn.{what}", {"authenticatorId": self._id, **words})


async def authenticator_of(page: Page) -> Authenticator:
    """Give the page a platform authenticator that knows its owner."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Authenticator(session, made["authenticatorId"])


def by_name(url: str) -> str:
    """Return the address by the name localhost: an IP address has no passkeys."""
    return url.replace("127.0.0.1", "localhost")


async def enter(page: Page, site: Site) -> None:
    await page.goto(by_name(await site.sign_in_url()))
    await expect(page.locator("nav")).to_have_count(1)


async def add_passkey(page: Page, site: Site, words: dict[str, str], name: str) -> None:
    await page.goto(f"{by_name(site.url)}/#/me")
    await page.get_by_role("button", name=words["add"]).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label(words["name"]).fill(name)
    await dialog.get_by_role("button", name=words["add"]).click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("cell", name=name)).to_be_visible()


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_a_passkey_is_made_signs_in_and_proves_anew_who_is_there(
    window: Window, site: Site, language: str
) -> None:
    words = WORDS[language]
    page = await window.page(language=language)
    authenticator = await authenticator_of(page)
    await enter(page, site)
    await add_passkey(page, site, words, "phone")
    await shoot(page, f"passkeys-{language}")

    # Nobody touches the authenticator: the page waits, and the button is there.
    await authenticator.set_present(False)
    await page.get_by_role("button", name=words["sign_out"], exact=True).first.click()
    button = page.get_by_role("button", name=words["sign_in"])
    await expect(button).to_be_visible()
    await shoot(page, f"passkey-signin-{language}")
    await authenticator.set_present(True)
    await button.click()
    await expect(page.locator("nav")).to_have_count(1)

    connection = await asyncpg.connect(site.dsn)
    method = await connection.fetchval(
        "select method from accounts.session order by created_at desc limit 1"
    )
    assert method == "passkey"
    await connection.execute(
        "update accounts.session set authenticated_at = now() - '1h'::interval"
    )
    await connection.close()
    await page.goto(f"{by_name(site.url)}/#/me")
    await page.get_by_role("button", name=words["remove"]).click()
    await page.get_by_role("dialog").get_by_role("button", name=words["remove"]).click()
    confirm = page.get_by_role("button", name=words["confirm"])
    await expect(confirm).to_be_visible()
    await shoot(page, f"passkey-confirm-{language}")
    await confirm.click()
    await expect(page.get_by_role("cell", name="phone")).to_have_count(0)
    window.complaints.clear()  # the browser mentions the 403


async def test_the_browser_offers_the_passkey_by_itself(window: Window, site: Site) -> None:
    page = await window.page()
    authenticator = await authenticator_of(page)
    await enter(page, site)
    await add_passkey(page, site, WORDS["ja"], "電話")
    await authenticator.set_present(False)
    await page.get_by_role("button", name="サインアウト", exact=True).first.click()
    await expect(page.get_by_label("ログイン名")).to_have_attribute(
        "autocomplete", "username webauthn"
    )
    await authenticator.set_present(True)
    await page.reload()
    await expect(page.locator("nav")).to_have_count(1)
    window.complaints.clear()  # the browser mentions the 401 of who is not signed in


async def test_a_passkey_that_nobody_unlocks_leaves_the_form_as_it_is(
    window: Window, site: Site
) -> None:
    page = await window.page()
    authenticator = await authenticator_of(page)
    await enter(page, site)
    await add_passkey(page, site, WORDS["ja"], "電話")
    await authenticator.set_present(False)
    await page.get_by_role("button", name="サインアウト", exact=True).first.click()
    await page.get_by_label("ログイン名").fill("kensa")
    await authenticator.set_verified(False)
    await authenticator.set_present(True)
    await page.get_by_role("button", name=WORDS["ja"]["sign_in"]).click()
    await expect(page.get_by_text(WORDS["ja"]["no_answer"])).to_be_visible()
    await expect(page.get_by_label("ログイン名")).to_have_value("kensa")


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_an_address_of_numbers_says_why_there_are_no_passkeys(
    window: Window, site: Site, language: str
) -> None:
    page = await window.page("phone", language)
    await page.goto(await site.sign_in_url())
    await expect(page.locator("nav")).to_have_count(1)
    await page.goto(f"{site.url}/#/me")
    await expect(page.get_by_text(WORDS[language]["insecure"])).to_be_visible()
    await expect(page.get_by_role("button", name=WORDS[language]["add"])).to_have_count(0)
    await shoot(page, f"passkeys-insecure-{language}")
