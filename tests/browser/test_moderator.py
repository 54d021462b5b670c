"""Tasks of a moderator in the console. The tests find elements by role and visible text."""

import csv
import json
import re
from collections.abc import AsyncIterator
from io import StringIO

import pytest
from playwright.async_api import Page, expect

from tests.acceptance.api_fixtures import Served, served
from tests.api_client import ADMIN_KEY
from tests.browser.axe import violations
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Open, site_settings
from tests.browser.test_console import sign_in

CHEATER, HONEST = 4711, 12
NAMES = {CHEATER: "Speedy Sam", HONEST: "Honest Hana", 13: "Speedy Gonzales"}
"""Players of the board, best first."""
BEST, CHEATED = 83_456, 1_000


@pytest.fixture
async def league(valkey, postgres, site) -> AsyncIterator[Served]:
    """Server with a private board of lap times. One player has an honest lap and an impossible lap."""
    settings = await site_settings(valkey, postgres, site, LEADERFORGE_WEB_PAGES="console")
    async with served(settings) as api:
        await api.until_healthy()
        board = {"board": "league", "name": "League", "policy": "best", "order": "asc", "unit": "ms", "private": True}
        assert (await api.post("/api/boards", board, ADMIN_KEY)).status_code == 201
        for user_id, name in NAMES.items():
            await api.post("/api/users", {"user_id": user_id, "username": name})
        for user_id, lap in ((CHEATER, BEST), (HONEST, 80_000), (13, 90_000), (CHEATER, CHEATED)):
            sent = await api.post("/api/boards/league/scores", {"user_id": user_id, "score": lap})
            assert sent.status_code == 200
        yield api


async def rank_of(api: Served, user_id: int) -> tuple[int, int]:
    entry = (await api.get(f"/api/boards/league/ranks/{user_id}", ADMIN_KEY)).json()
    return entry["rank"], entry["score"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_moderator_removes_one_run_and_undoes_it(
    league: Served, open_page: Open, size: tuple[int, int]
) -> None:
    page = await open_page(f"{league.url}/console/moderation", size=size)
    await sign_in(page, ADMIN_KEY)
    await page.get_by_label("Board", exact=True).select_option("League")

    # The table has all entries in the order of their ranks. The moderator finds the cheater by name.
    entries = page.get_by_role("table", name="Entries")
    await expect(entries.get_by_role("rowheader")).to_have_text([re.compile(name) for name in NAMES.values()])
    await page.get_by_label("Name or id", exact=True).fill("speedy")
    await expect(entries.get_by_role("rowheader")).to_have_count(2)
    await page.get_by_role("button", name="Open Speedy Sam").click()
    entry = page.get_by_role("region", name="Chosen player")
    await expect(entry).to_contain_text("0:01.000")
    assert await violations(page) == []

    # The moderator removes the impossible run, and then the honest run counts.
    runs = page.get_by_role("region", name="Submissions")
    await runs.get_by_role("button", name="Remove this run 0:01.000").click()
    dialog = page.get_by_role("dialog", name="Remove this run?")
    await expect(dialog).to_contain_text("The run of Speedy Sam with the score 0:01.000 stops counting.")
    await expect(dialog.get_by_text("Enter a reason.")).to_be_visible()
    await dialog.get_by_label("Reason").fill("a lap of one second")
    assert await violations(page) == []
    await dialog.get_by_role("button", name="Remove").click()
    await expect(dialog).not_to_be_visible()
    await expect(entry).to_contain_text("1:23.456")
    assert await rank_of(league, CHEATER) == (2, BEST)
    assert await violations(page) == []

    # In the same list, the moderator restores the removed run.
    await runs.get_by_role("button", name="Restore 0:01.000").click()
    await expect(runs.get_by_role("button", name="Remove this run 0:01.000")).to_be_visible()
    await expect(entry).to_contain_text("0:01.000")
    assert await rank_of(league, CHEATER) == (1, CHEATED)
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


@pytest.mark.parametrize(
    ("act", "confirmed", "changed"),
    [
        ("Hide the entry on this board", None, None),
        ("Remove the entry from this board", "Remove", None),
        ("Set the score on this board", "Set", (2, 85_000)),
    ],
)
async def test_an_action_in_the_table_is_undone(
    league: Served, open_page: Open, act: str, confirmed: str | None, changed: tuple[int, int] | None
) -> None:
    page = await open_page(f"{league.url}/console/moderation?board=league")
    await sign_in(page, ADMIN_KEY)
    cheater = page.get_by_role("table", name="Entries").get_by_role("row").filter(has_text="Speedy Sam")
    await cheater.get_by_role("button", name="Open").click()
    await page.get_by_label("Action").select_option(act)
    if changed:
        await page.get_by_label("Score, ms").fill("1:25")
    await page.get_by_label("Reason").fill("a lap of one second")
    await page.get_by_role("button", name="Apply").click()
    if confirmed:
        await page.get_by_role("dialog").get_by_role("button", name=confirmed).click()
    await expect(page.get_by_text("Done: 1 entry changed.")).to_be_visible()
    if changed:
        await expect(cheater).to_contain_text("1:25.000")
        assert await rank_of(league, CHEATER) == changed
    else:
        await expect(cheater).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_text("Undone.")).to_be_visible()
    await expect(cheater).to_contain_text("0:01.000")
    assert await rank_of(league, CHEATER) == (1, CHEATED)
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_a_removed_run_is_found_again_later(league: Served, open_page: Open) -> None:
    [cheated] = [run for run in await runs_of(league, CHEATER) if run["submitted"] == CHEATED]
    path = f"/api/boards/league/entries/{CHEATER}/submissions/{cheated['submission_id']}?reason=too%20fast"
    assert (await league.send("DELETE", path, key=ADMIN_KEY)).status_code == 200
    page = await open_page(f"{league.url}/console/moderation?board=league&player={CHEATER}")
    await sign_in(page, ADMIN_KEY)
    runs = page.get_by_role("region", name="Submissions")
    await runs.get_by_role("button", name="Show removed runs").click()
    await runs.get_by_role("button", name="Restore 0:01.000").click()
    await expect(runs.get_by_role("button", name="Remove this run 0:01.000")).to_be_visible()
    assert await rank_of(league, CHEATER) == (1, CHEATED)
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_a_private_board_leads_to_moderation_and_back(league: Served, open_page: Open) -> None:
    page = await open_page(f"{league.url}/console/boards")
    await sign_in(page, ADMIN_KEY)
    await page.get_by_role("link", name="View League").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("League")
    leaders = page.get_by_role("list", name="The first three")
    await expect(leaders).to_contain_text("Speedy Sam")
    assert await violations(page) == []
    await leaders.get_by_role("link", name="Moderate Speedy Sam").click()
    await expect(page.get_by_role("region", name="Chosen player")).to_contain_text("Speedy Sam")

    # The moderator hides the entry, and unhides it in the list of hidden entries.
    await page.get_by_label("Reason").fill("under review")
    await page.get_by_role("button", name="Apply").click()
    hidden = page.get_by_role("region", name="Hidden entries")
    await hidden.get_by_role("button", name="Unhide Speedy Sam").click()
    dialog = page.get_by_role("dialog", name="Unhide Speedy Sam?")
    await dialog.get_by_label("Reason").fill("review done")
    await dialog.get_by_role("button", name="Unhide").click()
    await expect(hidden.get_by_text("No hidden entries")).to_be_visible()

    # The moderator finds one of the two acts in the audit log by actor and action, and exports this act.
    await page.get_by_role("link", name="Audit log").click()
    await page.get_by_label("Actor").fill("env:admin")
    await page.get_by_label("Action").select_option("entry.hide")
    await expect(page.get_by_text("“under review”")).to_be_visible()
    await expect(page.get_by_text("“review done”")).to_have_count(0)
    [row] = csv.DictReader(StringIO(await saved(page, "Export CSV")))
    assert (row["action"], row["actor"], row["user_id"]) == ("entry.hide", "env:admin", str(CHEATER))
    assert json.loads(await saved(page, "Export NDJSON"))["reason"] == "under review"
    assert await violations(page) == []

    # After the moderator signed out, the private board needs the key again.
    await page.get_by_role("button", name="Sign out").click()
    await page.go_back()
    await expect(page.get_by_label("Key", exact=True)).to_be_visible()
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def saved(page: Page, button: str) -> str:
    """Return the text of the file that a button saves."""
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name=button).click()
    return (await (await downloading.value).path()).read_text()


async def runs_of(api: Served, user_id: int) -> list[dict]:
    return (await api.get(f"/api/boards/league/history/{user_id}", ADMIN_KEY)).json()["points"]
