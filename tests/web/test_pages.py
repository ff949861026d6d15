"""The admin pages in a real Chromium, on a real server, as an admin uses them."""

import re

import pytest
from playwright.async_api import Route, expect

from support.admin_pages import go, overflow, signed_in
from support.browser import SIZES, Window, shoot
from support.site import Site

# An id of a text, where its words should be.
UNNAMED = re.compile(r"\b(?:accounts|loans|people|devices|system|web|kit)-[a-z]+-[a-z-]+\b")
PAGES = (
    "",
    "loans",
    "unknown-cards",
    "conflicts",
    "items",
    "categories",
    "people",
    "cards",
    "agents",
    "accounts",
    "roles",
    "me",
    "journal",
    "health",
)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", SIZES)
async def test_every_page_opens_and_fits_at_every_size(
    window: Window, workshop: Site, size: str, language: str
) -> None:
    page = await signed_in(window, workshop, size, language)
    for path in PAGES:
        await go(page, workshop, path)
        await shoot(page, f"{path or 'dashboard'}-{size}-{language}")
        assert await overflow(page) <= 0, f"{path} is {overflow} px too wide"
        text = await page.locator("body").inner_text()
        unnamed = re.findall(
            r"\b(?:accounts|loans|people|devices|system|web|kit)-[a-z]+-[a-z-]+\b", text
        )
        assert unnamed == [], f"{path} shows text without words: {unnamed}"


async def test_nothing_is_shown_before_sign_in_and_a_link_leaves_the_address_bar(
    window: Window, workshop: Site
) -> None:
    page = await window.page()
    answers: list[int] = []
    page.on("response", lambda answer: answers.append(answer.status))
    # The browser mentions the 401 that brings us here, when it gets round to it.
    async with page.expect_console_message(lambda said: "401" in said.text):
        await page.goto(workshop.url)
    await expect(page.get_by_role("textbox").first).to_be_visible()
    assert "HT-0" not in await page.locator("body").inner_text()
    window.complaints.clear()
    signed = await signed_in(window, workshop)
    assert "genba_" not in signed.url


async def test_a_loan_made_elsewhere_appears_without_reload(window: Window, workshop: Site) -> None:
    page = await signed_in(window, workshop)
    item = (await workshop.get("/api/v1/items?on_loan=false&status=available&limit=1"))["items"][0]
    person = (await workshop.get("/api/v1/people?search=1001"))["items"][0]
    await expect(page.get_by_text(item["code"])).to_have_count(0)
    await workshop.post("/api/v1/loans", {"item": item["id"], "person": person["id"]})
    await expect(page.get_by_text(item["code"]).first).to_be_visible()
    await shoot(page, "live-loan")


async def test_an_unknown_card_is_registered_to_a_person(window: Window, workshop: Site) -> None:
    page = await signed_in(window, workshop, language="en")
    await go(page, workshop, "unknown-cards")
    await page.get_by_role("button", name="Register", exact=True).first.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    await shoot(page, "register-dialog")
    await dialog.get_by_role("combobox").or_(dialog.get_by_role("searchbox")).first.fill("1001")
    await dialog.get_by_role("option").filter(has_text="1001").first.click()
    await dialog.get_by_role("button", name="Register").last.click()
    await expect(dialog).to_have_count(0)
    cards = (await workshop.get("/api/v1/cards?search=04D3A1527C1190"))["items"]
    assert [card["holder_code"] for card in cards] == ["1001"]


async def test_a_conflict_is_settled_with_one_button(window: Window, workshop: Site) -> None:
    page = await signed_in(window, workshop)
    await go(page, workshop, "conflicts")
    await page.get_by_role("button", name="道具は戻っている").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    await shoot(page, "settle-dialog")
    await dialog.get_by_role("button", name="道具は戻っている").click()
    await expect(page.get_by_role("button", name="道具は戻っている")).to_have_count(0)
    [settled] = (await workshop.get("/api/v1/conflicts"))["items"]
    assert (settled["state"], settled["resolution"]) == ("settled", "returned")


async def test_a_broken_csv_shows_its_lines_and_changes_nothing(
    window: Window, workshop: Site
) -> None:
    page = await signed_in(window, workshop, language="en")
    await go(page, workshop, "items")
    before = (await workshop.get("/api/v1/items?limit=1"))["total"]
    await page.get_by_role("button", name=re.compile("import", re.IGNORECASE)).click()
    broken = "code,name,category,status\nT-9,Wrench,宝物,\nT-10,,,\n"
    await page.locator("input[type=file]").set_input_files(
        {"name": "items.csv", "mimeType": "text/csv", "buffer": broken.encode()}
    )
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("2")
    await expect(dialog).to_contain_text("3")
    await shoot(page, "broken-csv")
    assert (await workshop.get("/api/v1/items?limit=1"))["total"] == before


async def test_search_is_a_key_away_and_filters_the_list(window: Window, workshop: Site) -> None:
    page = await signed_in(window, workshop)
    await go(page, workshop, "items")
    await page.keyboard.press("/")
    await page.keyboard.type("ほいすと")
    await expect(page.get_by_role("row")).to_have_count(0, timeout=10_000)
    await page.keyboard.press("Control+a")
    await page.keyboard.type("ﾉｷﾞｽ")
    await expect(page.get_by_text("ノギス 150mm").first).to_be_visible()


async def test_a_journal_search_goes_on_by_itself_until_something_is_found(
    window: Window, workshop: Site
) -> None:
    page = await signed_in(window, workshop)
    whole = await workshop.get("/api/v1/journal?limit=3")
    asked: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        before = len(asked)
        pages = {1: ([], "900"), 2: ([], "800"), 3: (whole["items"], None)}
        items, cursor = pages[min(before, 3)]
        await route.fulfill(json={"items": items, "next": cursor, "total": None})

    await page.route("**/api/v1/journal?*search=*", answer)
    await go(page, workshop, "journal?search=rare")
    await expect(page.locator(".journal > li")).to_have_count(3)
    await expect(page.get_by_role("button", name="古い記録を読み込む")).to_have_count(0)
    assert ["before=900" in asked[1], "before=800" in asked[2], len(asked)] == [True, True, 3]
