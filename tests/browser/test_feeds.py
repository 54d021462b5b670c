"""Board with 64-bit scores that feeds another one, made and moderated in the console."""

from playwright.async_api import Locator, Page, expect

from tests.acceptance.api_fixtures import Served
from tests.api_client import ADMIN_KEY
from tests.browser.axe import violations
from tests.browser.conftest import Open
from tests.browser.test_console import sign_in

PLAYER = 70_101
HONEST, CHEATED = 9_007_199_254_740_993, 2**63 - 1
"""Scores of the two runs. A number of JavaScript can hold neither."""


async def test_a_run_is_removed_on_a_board_and_on_the_board_that_it_feeds(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/#/console/boards")
    await sign_in(page, ADMIN_KEY)
    await create_board(page, "Vault", target=None)
    await create_board(page, "Mine", target="Vault")
    await expect(page.get_by_text("64-bit scores · all-time · feeds vault (score)")).to_be_visible()
    await expect(page.get_by_text("64-bit scores · all-time · fed by mine")).to_be_visible()
    assert await violations(page) == []

    assert (await product.post("/api/users", {"user_id": PLAYER, "username": "Gloria"})).status_code == 201
    for score in (HONEST, CHEATED):
        run = {"user_id": PLAYER, "score": str(score)}
        assert (await product.post("/api/boards/mine/scores", run)).status_code == 200
    await require_score(product, page, CHEATED)

    await page.goto(f"{product.url}/#/console/moderation?board=mine&player={PLAYER}")
    await page.get_by_role("button", name=f"Remove this run {CHEATED:,}").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("The board feeds vault. The same run stops counting there, too.")
    await dialog.get_by_label("Reason").fill("more gold than there is")
    await dialog.get_by_role("button", name="Remove").click()
    await expect(dialog).not_to_be_visible()
    await expect(page.get_by_role("region", name="Chosen player")).to_contain_text(f"{HONEST:,}")
    await require_score(product, page, HONEST)

    await page.goto(f"{product.url}/#/console/boards")
    dialog = await typed_into_deletion(page, "Vault")
    await expect(dialog).to_contain_text("Submissions to Mine also count on this board. Remove the feeds there first.")
    await expect(dialog.get_by_role("button", name="Delete")).to_be_disabled()
    assert await violations(page) == []
    await dialog.get_by_role("button", name="Cancel").click()
    dialog = await typed_into_deletion(page, "Mine")
    await expect(dialog).to_contain_text("Submissions to this board also count on Vault. The scores there stay.")
    assert await violations(page) == []
    await dialog.get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("button", name="Delete Mine")).not_to_be_visible()
    await (await typed_into_deletion(page, "Vault")).get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("button", name="Delete Vault")).not_to_be_visible()


async def typed_into_deletion(page: Page, name: str) -> Locator:
    """Open the dialog that deletes a board, type the board's slug, and return the dialog."""
    await page.get_by_role("button", name=f"Delete {name}").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label(f"Type {name.lower()} to confirm").fill(name.lower())
    return dialog


async def create_board(page: Page, name: str, target: str | None) -> None:
    """Create a board with 64-bit scores in the console. It feeds the board with the name `target`."""
    await page.get_by_role("button", name="Create a board").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Slug").fill(name.lower())
    await form.get_by_label("Name", exact=True).fill(name)
    await form.get_by_label("Score type").select_option("64-bit integer")
    if target is not None:
        await form.get_by_role("button", name="Add a feed").click()
        await form.get_by_role("group", name="Feed 1").get_by_label("Fed board").select_option(target)
        assert await violations(page) == []
    await form.get_by_role("button", name="Create", exact=True).click()
    await expect(form).not_to_be_visible()


async def require_score(product: Served, page: Page, score: int) -> None:
    """Fail unless the player has the score on both boards, on the page and in the API."""
    for slug in ("mine", "vault"):
        await page.goto(f"{product.url}/#/?board={slug}")
        await expect(page.get_by_role("list", name="The first three")).to_contain_text(f"{score:,}")
        assert (await product.get(f"/api/boards/{slug}/ranks/{PLAYER}")).json()["score"] == str(score)
