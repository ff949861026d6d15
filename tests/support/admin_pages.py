"""The admin pages as an admin opens them."""

from playwright.async_api import Page, expect

from support.browser import Window
from support.browser_session import BrowserSession
from support.site import Site


async def signed_in(
    window: Window, site: Site, size: str = "desktop", language: str = "ja"
) -> Page:
    """Open the pages by a sign-in link."""
    page = await window.page(size, language)
    await page.goto(await site.sign_in_url())
    await expect(page.locator("nav")).to_have_count(1)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


async def open_page(
    window: Window,
    browser: BrowserSession,
    path: str,
    size: str = "desktop",
    language: str = "ja",
) -> Page:
    """Open a page with the session of somebody who has signed in."""
    page = await window.page(size, language)
    url = str(browser.api.client.make_url("/"))
    await page.context.add_cookies([{"name": "genba_session", "value": browser.cookie, "url": url}])
    await page.goto(f"{url}#/{path}")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


async def go(page: Page, site: Site, path: str) -> None:
    """Go to a page and wait until it shows what it has."""
    await page.goto(f"{site.url}/#/{path}")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)


async def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    wider = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return int(wider)
