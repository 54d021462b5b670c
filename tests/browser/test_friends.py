"""The page of friends that the service keeps, on a board with segments and tiebreakers."""

from collections.abc import AsyncIterator
from json import dumps

import pytest
from playwright.async_api import Page, expect

from tests.acceptance.api_fixtures import Served, served
from tests.api_client import ADMIN_KEY
from tests.browser.axe import require_accessible
from tests.browser.chromium import LANGUAGES, WIDTHS
from tests.browser.conftest import Open, site_settings
from tests.tokens import TOKENS, token

NARROW = WIDTHS["narrow"]
READER, LAST = 51, 56
FRIENDS = {52: "عبد الرحمن", 53: "Wolfeschlegelsteinhausenbergerdorff", 54: "Ulla"}
"""Players whom the reader follows. Player 54 has no score."""
SCORES = {READER: 40, 52: 90, 53: 75, LAST: 10, 57: 120, 58: 130, 59: 140}
TIEBREAKERS = [{"name": "time_ms", "order": "asc", "min": 0, "max": 36_000_000}]


@pytest.fixture(scope="module")
async def board(valkey, postgres, site) -> AsyncIterator[Served]:
    """Server with the players' scores, and a list of friends of the reader."""
    settings = await site_settings(valkey, postgres, site, LEADERFORGE_SEGMENTS="country", **TOKENS)
    async with served(settings) as api:
        await api.until_healthy()
        body = {"board": "run", "policy": "best", "segments": ["country"], "tiebreakers": TIEBREAKERS}
        assert (await api.post("/api/boards", body, ADMIN_KEY)).status_code == 201
        for user_id in {*SCORES, *FRIENDS}:
            player = {"user_id": user_id, "username": FRIENDS.get(user_id, f"runner {user_id}")}
            player["attributes"] = {"country": "FI" if user_id % 2 else "AT"}
            assert (await api.post("/api/users", player)).status_code == 201
        for user_id, score in SCORES.items():
            run = {"user_id": user_id, "score": score, "numbers": {"time_ms": 61_250}}
            assert (await api.post("/api/boards/run/scores", run)).status_code == 200
        listed = await api.send("PUT", f"/api/users/{READER}/friends", {"user_ids": list(FRIENDS)}, ADMIN_KEY)
        assert listed.status_code == 200
        yield api


async def test_friends_are_kept_by_the_service(board: Served, open_page: Open) -> None:
    page = await signed_in(board, open_page)
    rows = page.get_by_role("table").get_by_role("row")
    await expect(rows).to_have_count(5)
    await expect(page.get_by_text("You are 35 behind Wolfe")).to_be_visible()
    await expect(page.get_by_role("row", name="Ulla")).to_contain_text("no score yet")
    await require_accessible(page)
    await page.get_by_label("Add friends by name or id").fill(str(LAST))
    await page.get_by_role("button", name="Add 1 friend").click()
    await expect(rows).to_have_count(6)
    await page.get_by_role("button", name="Remove Ulla").click()
    await expect(rows).to_have_count(5)
    await page.reload()  # the service keeps the list
    await expect(rows).to_have_count(5)
    await expect(page.get_by_role("row", name=f"runner {LAST}")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_text("No friends yet")).to_be_visible()
    await require_accessible(page)
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


@pytest.mark.parametrize("language", LANGUAGES)
async def test_axe_finds_nothing_in_segments_and_tiebreakers(board: Served, open_page: Open, language: str) -> None:
    page = await open_page(f"{board.url}/?board=run&segment=country:FI", size=NARROW, language=language)
    await expect(page.get_by_text(FRIENDS[53]).first).to_be_visible()
    await expect(page.get_by_text(FRIENDS[52])).to_have_count(0)  # of another country
    await expect(page.get_by_role("listitem").filter(has_text="time ms 61").first).to_be_visible()
    await require_accessible(page)
    await page.goto(f"{board.url}/player/{READER}?board=run")
    await expect(page.locator("dl", has_text="country").first).to_be_visible()
    await require_accessible(page)
    await page.close()  # an open page would log an error when its server ends, and thus fail the test
    page = await signed_in(board, open_page, language)
    await expect(page.get_by_text(FRIENDS[53]).first).to_be_visible()
    await require_accessible(page)
    await page.close()


async def signed_in(api: Served, open_page: Open, language: str = "en-US") -> Page:
    """Return the page of friends of the reader, who is signed in by a token."""
    page = await open_page(f"{api.url}/friends?board=run", size=NARROW, language=language)
    reader = dumps({"id": READER, "name": f"runner {READER}"})
    session = dumps({"id": READER, "token": token(READER)})
    await page.evaluate(
        "([reader, session]) => {"
        " localStorage.setItem('leaderforge.me', reader); sessionStorage.setItem('leaderforge.player', session) }",
        [reader, session],
    )
    await page.reload()
    return page
