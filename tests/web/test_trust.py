"""Each page that a new device sees leads to the one that makes it trust the site."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from support.browser import Window, shoot
from support.caddy import Caddy, running_caddy
from support.site import Site, until

WORDS = {"ja": "証明書の警告が出るときは", "en": "Certificate warning?"}
TITLE = {"ja": "この端末でGenbaを信頼する", "en": "Make this device trust Genba"}
LOOKS = [("phone", "ja"), ("phone", "en"), ("desktop", "ja"), ("desktop", "en")]


@pytest_asyncio.fixture
async def fronted(tmp_path: Path, database_url: str) -> AsyncIterator[tuple[Site, Caddy]]:
    """A server with a front door, before its first admin."""
    folder = tmp_path / "caddy"
    folder.mkdir()
    async with running_caddy(folder) as caddy:
        site = Site(tmp_path, database_url)
        door = {"ENABLED": "true", "ADMIN": caddy.admin}
        door |= {key: str(site.free_port()) for key in ("HTTPS_PORT", "HTTP_PORT")}
        site.environment |= {f"GENBA_SERVER__FRONT_DOOR__{key}": at for key, at in door.items()}
        try:
            await site.open()
            await until(lambda: fingerprint(site), "the authority is known", site.server)
            yield site, caddy
        finally:
            await site.close()


async def fingerprint(site: Site) -> str:
    return str((await site.get("/api/v1/authority"))["sha256"])


async def has_no_scrollbar_below(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("size", "language"), LOOKS)
async def test_who_is_not_signed_in_is_led_to_the_page(
    fronted: tuple[Site, Caddy], window: Window, size: str, language: str
) -> None:
    site, _ = fronted
    setup = (await site.cli("setup-link")).strip().splitlines()[-1]
    shown = {"not-set-up": "/", "set-up": f"/{setup[setup.index('#') :]}"}
    for name, path in shown.items():
        page = await window.page(size, language)
        await page.goto(site.url + path)
        await expect(page.get_by_role("link", name=WORDS[language])).to_be_visible()
        await has_no_scrollbar_below(page)
        await shoot(page, f"trust-{name}-{size}-{language}")
    await site.sign_in_url()  # makes an admin: from now on the site is set up
    page = await window.page(size, language)
    await page.goto(site.url)
    await expect(page.locator("input[type=password]")).to_be_visible()
    await shoot(page, f"trust-sign-in-{size}-{language}")
    await page.get_by_role("link", name=WORDS[language]).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(TITLE[language])
    await has_no_scrollbar_below(page)
    await shoot(page, f"trust-page-{size}-{language}")
    window.complaints.clear()  # the browser mentions that nobody was signed in


@pytest.mark.parametrize(("size", "language"), LOOKS)
async def test_an_admin_sees_the_fingerprint_that_the_page_shows(
    fronted: tuple[Site, Caddy], window: Window, size: str, language: str
) -> None:
    site, _ = fronted
    page = await window.page(size, language)
    await page.goto(await site.sign_in_url())
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.goto(f"{site.url}/#/health")
    panel = page.locator(".trust")
    await panel.scroll_into_view_if_needed()
    told = (await fingerprint(site)).replace(":", "")
    assert "".join((await panel.locator("code").inner_text()).split()) == told
    await has_no_scrollbar_below(page)
    await shoot(page, f"trust-health-{size}-{language}")
    await panel.get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(TITLE[language])
    assert "".join((await page.locator("code").inner_text()).split()) == told


async def test_without_an_authority_of_its_own_there_is_no_link(
    workshop: Site, window: Window
) -> None:
    page = await window.page("phone")
    await page.goto(await workshop.sign_in_url())
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.goto(f"{workshop.url}/#/health")
    await expect(page.locator(".check").first).to_be_visible()
    await expect(page.locator(".trust")).to_have_count(0)
