"""What no other test opens: pages that are not the shell, under the strict policy of content.

The window fails its test for anything in the console, and a violated policy is said there.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from support.admin_pages import overflow
from support.browser import SIZES, Window, shoot
from support.caddy import running_caddy
from support.site import Site, until


@pytest_asyncio.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    """A site with its front door."""
    async with running_caddy(tmp_path) as caddy:
        site = Site(tmp_path, database_url)
        site.environment |= {
            "GENBA_SERVER__FRONT_DOOR__ENABLED": "true",
            "GENBA_SERVER__FRONT_DOOR__ADMIN": caddy.admin,
            "GENBA_SERVER__FRONT_DOOR__HTTPS_PORT": str(site.free_port()),
            "GENBA_SERVER__FRONT_DOOR__HTTP_PORT": str(site.free_port()),
        }
        async with site.running():
            await until(lambda: knows_its_authority(site), "the authority is known", site.server)
            yield site


async def knows_its_authority(site: Site) -> bool:
    async with site.client.get("/trust/root.pem") as answer:
        return answer.status == 200


async def test_the_api_page_works_under_the_policy(window: Window, site: Site) -> None:
    page = await window.page("desktop", "en")
    await page.goto(f"{site.url}/api/docs")
    operation = page.get_by_text("/api/v1/people", exact=True).first
    await operation.click()
    await expect(page.get_by_role("button", name="Try it out").first).to_be_visible()


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", SIZES)
async def test_the_trust_page_fits_and_says_how(
    window: Window, site: Site, size: str, language: str
) -> None:
    page = await window.page(size, language)
    await page.goto(f"{site.url}/trust")
    assert await page.locator("html").get_attribute("lang") == language
    await page.locator("summary", has_text="iPhone").click()
    await expect(page.locator("details[open] li")).to_have_count(3)
    assert await overflow(page) == 0
    await shoot(page, f"trust-{size}-{language}")


async def test_the_trust_page_changes_its_language(window: Window, site: Site) -> None:
    page = await window.page("phone", "ja")
    await page.goto(f"{site.url}/trust")
    await page.get_by_role("link", name="English").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Make this device trust Genba")
