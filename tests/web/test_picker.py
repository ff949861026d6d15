"""Finding a row by typing, in a real Chromium, while the server's answer is late."""

import asyncio

from playwright.async_api import Route, expect

from support.admin_pages import go, signed_in
from support.browser import Window
from support.site import Site


async def test_enter_picks_from_the_list_of_the_typed_text_and_waits_for_it(
    window: Window, workshop: Site
) -> None:
    page = await signed_in(window, workshop, language="en")
    answer_may_come = asyncio.Event()

    async def late(route: Route) -> None:
        await answer_may_come.wait()
        await route.continue_()

    await page.route("**/api/v1/people?*search=1002*", late)
    await go(page, workshop, "unknown-cards")
    await page.get_by_role("button", name="Register", exact=True).first.click()
    dialog = page.get_by_role("dialog")
    box = dialog.get_by_role("combobox")
    await box.fill("1001")
    await expect(dialog.get_by_role("option")).to_have_count(1)
    await expect(dialog.get_by_role("option")).to_contain_text("1001")

    async with page.expect_request("**/api/v1/people?*search=1002*"):
        await box.fill("1002")
        await box.press("Enter")
    await expect(box).to_have_value("1002")
    answer_may_come.set()
    await expect(dialog.locator(".picked")).to_contain_text("1002")


async def test_text_changed_after_enter_is_not_picked_by_that_enter(
    window: Window, workshop: Site
) -> None:
    page = await signed_in(window, workshop, language="en")
    await go(page, workshop, "unknown-cards")
    await page.get_by_role("button", name="Register", exact=True).first.click()
    dialog = page.get_by_role("dialog")
    box = dialog.get_by_role("combobox")
    await box.fill("100")
    await box.press("Enter")
    await box.press("1")
    await expect(dialog.get_by_role("option")).to_have_count(1)
    await expect(box).to_have_value("1001")
    await box.press("Enter")
    await expect(dialog.locator(".picked")).to_contain_text("1001")
