"""Board with tiebreakers: made in the console, played on, and corrected by a moderator."""

import re

from playwright.async_api import Page, expect

from tests.acceptance.api_fixtures import Served
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.browser.axe import violations
from tests.browser.conftest import Open
from tests.browser.test_console import sign_in

FAST, SLOW = 70_201, 70_202
"""Players with equal scores and different times."""


async def test_equal_scores_are_ordered_by_the_numbers_of_the_form(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/#/console/boards")
    await sign_in(page, ADMIN_KEY)
    await create_board(page)
    await expect(page.get_by_text("best score, highest first · ties by time_ms and coins · all-time")).to_be_visible()
    created = (await product.get("/api/boards/dungeon")).json()
    assert created["tiebreakers"] == [
        {"name": "time_ms", "order": "asc", "min": 0, "max": 36_000_000},
        {"name": "coins", "order": "desc", "min": -5, "max": 999},
    ]

    for user_id, name in ((FAST, "Fedra"), (SLOW, "Silvio")):
        assert (await product.post("/api/users", {"user_id": user_id, "username": name})).status_code == 201
    await submit(page, product, SLOW, '{"time_ms": 900, "coins": 7}')
    await submit(page, product, FAST, '{"time_ms": 800, "coins": -5}')
    await expect(page.get_by_role("region", name="Request and reply")).to_contain_text('"rank": 1')
    await page.goto(f"{product.url}/#/?board=dungeon")
    await expect(page.get_by_role("list", name="The first three")).to_contain_text("time ms 800, coins -5")

    await set_score(page, product)
    top = (await product.get("/api/boards/dungeon/top")).json()
    expected = [(SLOW, {"time_ms": 700, "coins": 0}), (FAST, {"time_ms": 800, "coins": -5})]
    assert [(entry["user_id"], entry["tiebreakers"]) for entry in top["entries"]] == expected
    assert (await product.send("DELETE", "/api/boards/dungeon", key=ADMIN_KEY)).status_code == 200


async def create_board(page: Page) -> None:
    """Create the board `dungeon` in the console. Its first tiebreaker leaves no room for another at first."""
    await page.get_by_role("button", name="Create a board").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Slug").fill("dungeon")
    for at, (name, greatest) in enumerate((("time_ms", 2**53 - 1), ("coins", 999)), 1):
        await form.get_by_role("button", name="Add a tiebreaker").click()
        group = form.get_by_role("group", name=f"Tiebreaker {at}")
        await group.get_by_label("Name of the number").fill(name)
        await group.get_by_label("Greatest number").fill(str(greatest))
    await group.get_by_label("Order at equal scores").select_option("Highest first")
    await group.get_by_label("Least number").fill("-5")
    await form.get_by_role("button", name="Create", exact=True).click()
    await expect(form.get_by_role("alert").filter(has_text="more than 2^53 combinations")).to_be_visible()
    assert await violations(page) == []
    await form.get_by_role("group", name="Tiebreaker 1").get_by_label("Greatest number").fill("36000000")
    await form.get_by_role("button", name="Create", exact=True).click()
    await expect(form).not_to_be_visible()


async def submit(page: Page, product: Served, user_id: int, numbers: str) -> None:
    """Submit the score 5 with named numbers, on the page for developers."""
    await page.goto(f"{product.url}/#/submit?board=dungeon")
    numbers_field = page.get_by_label("Named numbers")
    await expect(numbers_field).to_have_accessible_description(
        "The board orders equal scores by time_ms and coins. Send each of them."
    )
    await page.get_by_label("Key").fill(SUBMIT_KEY)
    await page.get_by_label(re.compile("^Player.s id$")).fill(str(user_id))
    await page.get_by_label("Score", exact=True).fill("5")
    await numbers_field.fill(numbers)
    await page.get_by_role("button", name="Submit score").click()
    await expect(page.get_by_role("region", name="Request and reply")).to_contain_text(f'"user_id": {user_id}')
    assert await violations(page) == []


async def set_score(page: Page, product: Served) -> None:
    """Set score and numbers of the slow player in the console."""
    await page.goto(f"{product.url}/#/console/moderation?board=dungeon&player={SLOW}")
    await page.get_by_label("Action").select_option("Set the score on this board")
    await page.get_by_label("Score", exact=True).fill("5")
    await page.get_by_label("time_ms").fill("700")
    await page.get_by_label("Reason").fill("measured again")
    await expect(page.get_by_role("button", name="Apply")).to_be_disabled()
    await page.get_by_label("coins").fill("0")
    assert await violations(page) == []
    await page.get_by_role("button", name="Apply").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Set").click()
    await expect(dialog).not_to_be_visible()
    await expect(page.get_by_text("Done: 1 entry changed.")).to_be_visible()
