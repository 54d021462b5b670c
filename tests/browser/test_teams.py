"""Page of a team, and teams and frozen boards in the console, in a real browser."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from tests.acceptance.api_fixtures import Served, served
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.browser.axe import violations
from tests.browser.chromium import LANGUAGES, SCHEMES, WIDTHS
from tests.browser.conftest import Open, site_settings
from tests.browser.test_console import sign_in

NARROW = WIDTHS["narrow"]
MEMBERS = {51: ("Ines", 40), 52: ("Wolfeschlegelsteinhausenbergerdorff", 70), 53: ("عبد الرحمن", 10)}
"""Name and score of each member of the team."""
FREE = 54
TEAM = -51
TITLES = {"en": "Members", "de": "Mitglieder", "es": "Miembros", "ja": "メンバー"}


@pytest.fixture(scope="module")
async def club(valkey, postgres, site) -> AsyncIterator[Served]:
    """Server with a board of players, a team board, and a team of three players with scores."""
    async with served(await site_settings(valkey, postgres, site, LEADERFORGE_WEB_PAGES="console")) as api:
        await api.until_healthy()
        board = {"board": "hunt", "name": "Hunt", "policy": "best", "moment_days": 30}
        assert (await api.post("/api/boards", board, ADMIN_KEY)).status_code == 201
        squads = {"board": "squads", "name": "Squads", "policy": "best"}
        rules = {"source": "hunt", "function": "best", "members": 2}
        assert (await api.post("/api/boards", {**squads, "team": rules}, ADMIN_KEY)).status_code == 201
        for user_id, name in {**{user_id: name for user_id, (name, _) in MEMBERS.items()}, FREE: "Amir"}.items():
            assert (await api.post("/api/users", {"user_id": user_id, "username": name})).status_code == 201
        team = {"name": "Otters", "team_id": TEAM, "captain_id": 51, "max_members": 3}
        assert (await api.post("/api/teams", team, SUBMIT_KEY)).status_code == 201
        for user_id, (_, score) in MEMBERS.items():
            await api.send("PUT", f"/api/teams/{TEAM}/members/{user_id}", key=SUBMIT_KEY)
            await api.post("/api/boards/hunt/scores", {"user_id": user_id, "score": score})
        yield api


async def test_an_entry_of_a_team_board_leads_to_its_members(club: Served, open_page: Open) -> None:
    page = await open_page(f"{club.url}/?board=squads", size=NARROW)
    await page.get_by_role("list", name="The first three").get_by_role("link", name="Otters").click()
    members = page.get_by_role("region", name="Members")
    rows = members.get_by_role("listitem")
    await expect(rows).to_have_count(3)
    await expect(rows.nth(0)).to_contain_text("70")
    await expect(rows.nth(1)).to_contain_text("captain, counts")
    await expect(rows.nth(2)).to_contain_text("does not count")
    await expect(members).to_contain_text("The sum of the best 2 contributions counts.")
    await expect(members).to_contain_text("Contributions are scores on Hunt.")
    await rows.nth(1).get_by_role("link", name="Ines").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ines")
    await page.get_by_role("link", name="Otters").click()
    await expect(members.get_by_role("listitem")).to_have_count(3)
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


@pytest.mark.parametrize("language", LANGUAGES)
async def test_axe_finds_nothing_at_320_px(club: Served, open_page: Open, language: str) -> None:
    colours = SCHEMES[LANGUAGES.index(language) % len(SCHEMES)]
    page = await open_page(f"{club.url}/player/{TEAM}?board=squads", NARROW, colours, language)
    await expect(page.get_by_role("region", name=TITLES[language[:2]]).get_by_role("listitem")).to_have_count(3)
    await require_accessible(page)
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_a_team_is_created_and_its_members_change_in_the_console(club: Served, open_page: Open) -> None:
    page = await open_page(f"{club.url}/console/teams", size=NARROW)
    await sign_in(page, ADMIN_KEY)
    await page.get_by_role("button", name="Create a team").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Team name").fill("Lynxes")
    await form.get_by_label("Who adds members").select_option("players themselves")
    await require_accessible(page)
    await form.get_by_role("button", name="Create", exact=True).click()
    panel = page.get_by_role("region", name="Members of Lynxes")
    await panel.get_by_label("Player id").fill(str(FREE))
    await panel.get_by_role("button", name="Add").click()
    await expect(panel.get_by_role("listitem")).to_contain_text("Amir")
    await panel.get_by_role("button", name="Edit Lynxes").click()
    await form.get_by_label("Maximum members").fill("1")
    await form.get_by_role("button", name="Save").click()
    await expect(form).not_to_be_visible()
    await panel.get_by_label("Player id").fill("999999")
    await panel.get_by_role("button", name="Add").click()
    await expect(panel.get_by_role("alert")).to_contain_text("999999")
    await page.get_by_label("Name or id of a team").fill("Lyn")
    await expect(page.get_by_role("button", name="Members of Lynxes")).to_be_visible()
    await require_accessible(page)
    await panel.get_by_role("button", name="Remove Amir").click()
    await expect(panel).to_contain_text("The team has no members.")
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_a_team_board_is_created_and_a_board_is_frozen_in_the_console(club: Served, open_page: Open) -> None:
    page = await open_page(f"{club.url}/console/boards")
    await sign_in(page, ADMIN_KEY)
    await page.get_by_role("button", name="Create a board").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Slug").fill("crews")
    await form.get_by_label("Teams by the scores on").select_option("Hunt")
    await form.get_by_label("Score of a team").select_option("Mean of all")
    await form.get_by_label("Members", exact=True).fill("2")
    assert await violations(page) == []
    await form.get_by_role("button", name="Create", exact=True).click()
    await expect(form).not_to_be_visible()
    boards = {board["board"]: board for board in (await club.get("/api/boards")).json()["boards"]}
    assert boards["crews"]["team"] == {"source": "hunt", "function": "mean", "members": 2}
    assert boards["crews"]["policy"] == "best"
    await page.get_by_role("button", name="Freeze Hunt").click()
    assert await violations(page) == []
    await form.get_by_role("button", name="Apply").click()
    await expect(form).not_to_be_visible()
    await expect(page.get_by_text("frozen at")).to_be_visible()
    assert {b["board"]: b["frozen_at"] for b in (await club.get("/api/boards")).json()["boards"]}["hunt"] is not None
    await page.get_by_role("button", name="Freeze Hunt").click()
    await form.get_by_role("button", name="Apply").click()
    await expect(page.get_by_text("frozen at")).to_have_count(0)
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def require_accessible(page: Page) -> None:
    """Fail if axe reports a violation, or if the page is wider than the window."""
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
