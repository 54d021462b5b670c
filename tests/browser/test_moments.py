"""Past moments of a board, and the movement since then, in a real browser."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from tests.acceptance.api_fixtures import Served, record_by, served
from tests.api_client import ADMIN_KEY
from tests.browser.axe import require_accessible
from tests.browser.chromium import WIDTHS
from tests.browser.conftest import Open, site_settings

NOON = 1_795_521_600_000  # 2026-11-24T12:00:00Z
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
NARROW = WIDTHS["narrow"]
NOW = NOON + DAY_MS + 2 * HOUR_MS
"""Time of the server's clock while the pages are open."""
FIRST_DAY = {1: 60, 2: 50, 3: 40, 4: 30, 5: 20}
"""Scores of the players on the first day, by user id."""
CLIMBER, ARRIVAL = 5, 6


class Ticks:
    """Clock that the test sets."""

    now = NOON

    def __call__(self) -> int:
        return self.now


@pytest.fixture
async def climb(valkey, postgres, site) -> AsyncIterator[Served]:
    """Server with a board that keeps past standings. On the second day, the last player leads, and a player arrives."""
    clock = Ticks()
    async with served(await site_settings(valkey, postgres, site), clock=clock) as api:
        await api.until_healthy()
        record_by(api.services.parts.store, clock)
        board = {"board": "climb", "name": "Climb", "policy": "best", "moment_days": 30}
        assert (await api.post("/api/boards", board, ADMIN_KEY)).status_code == 201
        for user_id in (*FIRST_DAY, ARRIVAL):
            await api.post("/api/users", {"user_id": user_id, "username": f"player {user_id}"})
        await submit(api, FIRST_DAY)
        clock.now = NOON + DAY_MS + HOUR_MS
        await submit(api, {CLIMBER: 90, ARRIVAL: 10})
        clock.now = NOW
        yield api


async def submit(api: Served, scores: dict[int, int]) -> None:
    submissions = [{"user_id": user_id, "score": score} for user_id, score in scores.items()]
    answer = await api.post("/api/boards/climb/scores/batch", {"submissions": submissions})
    assert all("error" not in result for result in answer.json()["results"]), answer.text


async def open_at_now(open_page: Open, address: str, size: tuple[int, int]) -> Page:
    """Open a page whose clock shows the time of the server."""
    page = await open_page("about:blank", size=size)
    await page.clock.set_fixed_time(NOW / 1000)
    await page.goto(address)
    return page


async def test_the_movement_since_yesterday_is_shown(climb: Served, open_page: Open) -> None:
    page = await open_at_now(open_page, f"{climb.url}/?board=climb", size=NARROW)
    steps = page.get_by_role("list", name="The first three").get_by_role("listitem")
    await expect(steps.first).to_contain_text("player 5")
    await page.get_by_label("Movement").select_option("since yesterday")
    await expect(steps.first).to_contain_text("up 4 ranks since yesterday")
    await expect(steps.nth(1)).to_contain_text("down 1 rank since yesterday")
    await expect(page.get_by_role("listitem").filter(has_text="player 6")).to_contain_text("new since yesterday")
    assert "since=P1D" in page.url
    await require_accessible(page)

    await page.reload()
    await expect(steps.first).to_contain_text("up 4 ranks since yesterday")
    await expect(page.get_by_label("Movement").get_by_role("option")).to_have_text(["live", "since yesterday"])
    await page.get_by_label("Movement").select_option("live")
    await expect(steps.first).to_contain_text("player 5")
    await expect(steps.first).not_to_contain_text("since")
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_a_past_moment_is_shown(climb: Served, open_page: Open) -> None:
    page = await open_at_now(open_page, f"{climb.url}/?board=climb", size=NARROW)
    steps = page.get_by_role("list", name="The first three").get_by_role("listitem")
    await expect(page.get_by_text("Live, 6 players")).to_be_visible()
    await page.get_by_label("Look back to").fill("2026-11-24T12:30")
    await page.get_by_role("button", name="Show").click()
    notice = page.get_by_role("status").filter(has_text="The board as it was on Nov 24, 2026, 12:30:00")
    await expect(notice).to_be_visible()
    await expect(steps.first).to_contain_text("player 1")
    await expect(page.get_by_text("Not live, 5 players")).to_be_visible()
    await expect(page.get_by_text("The fast index is being repaired")).to_have_count(0)
    await require_accessible(page)

    await page.reload()
    await expect(steps.first).to_contain_text("player 1")
    await expect(page.get_by_label("Look back to")).to_have_attribute("min", "2026-11-24T12:00")
    await page.goto(f"{climb.url}/?board=climb&at=2026-11-23T12:30:00.000Z")
    await expect(page.get_by_role("alert")).to_contain_text("the first one is 2026-11-24T12:00:00.000Z")
    await page.get_by_role("button", name="Back to now").click()
    await expect(steps.first).to_contain_text("player 5")
    await expect(page.get_by_text("Live, 6 players")).to_be_visible()
    assert "at=" not in page.url
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_the_page_of_a_player_shows_movement_a_past_moment_and_daily_ranks(
    climb: Served, open_page: Open
) -> None:
    page = await open_at_now(open_page, f"{climb.url}/player/{CLIMBER}?board=climb", size=NARROW)
    rank = page.get_by_role("term").filter(has_text="Rank").locator("..")
    ranks = page.get_by_role("region", name="Rank over time")
    await expect(ranks.get_by_role("img", name="The rank went from 5 to 1 in 2 days.")).to_be_visible()
    await ranks.get_by_text("Show the ranks").click()
    await expect(ranks.get_by_role("row")).to_have_count(3)
    await page.get_by_label("Movement").select_option("since yesterday")
    await expect(rank).to_contain_text("up 4 ranks since yesterday")
    neighbours = page.get_by_role("region", name="Neighbours").get_by_role("listitem")
    await expect(neighbours.nth(1)).to_contain_text("down 1 rank since yesterday")
    await require_accessible(page)

    await page.get_by_label("Look back to").fill("2026-11-24T12:30")
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_role("status").filter(has_text="The board as it was on Nov 24, 2026")).to_be_visible()
    await expect(rank).to_contain_text("5of 5")
    await expect(neighbours.last).to_contain_text("player 5")
    await require_accessible(page)
    await page.get_by_role("button", name="Back to now").click()
    await expect(rank).to_contain_text("1of 6")
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_a_player_without_a_score_at_the_moment_is_named(climb: Served, open_page: Open) -> None:
    moment = "2026-11-24T12:30:00.000Z"
    page = await open_at_now(open_page, f"{climb.url}/player/{ARRIVAL}?board=climb&at={moment}", size=NARROW)
    await expect(page.get_by_role("heading", level=1)).to_have_text("player 6 had no score at this moment")
    await require_accessible(page)
    await page.get_by_role("button", name="Back to now").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("player 6")
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


@pytest.mark.parametrize("size", WIDTHS.values(), ids=WIDTHS)
async def test_friends_have_their_movement_and_their_ranks_at_a_moment(
    climb: Served, open_page: Open, size: tuple[int, int]
) -> None:
    page = await open_at_now(open_page, f"{climb.url}/friends?board=climb", size=size)
    await page.get_by_label("Add friends by name or id").fill(f"2, {CLIMBER}, {ARRIVAL}")
    await page.get_by_role("button", name="Add 3 friends").click()
    rows = page.get_by_role("row")
    await expect(rows.nth(1)).to_contain_text("player 5")
    await page.get_by_label("Movement").select_option("since yesterday")
    await expect(rows.nth(1)).to_contain_text("up 4 ranks since yesterday")
    await expect(rows.nth(2)).to_contain_text("down 1 rank since yesterday")
    await expect(rows.nth(3)).to_contain_text("new since yesterday")
    await require_accessible(page)

    await page.get_by_label("Look back to").fill("2026-11-24T12:30")
    await page.get_by_role("button", name="Show").click()
    await expect(rows.nth(1)).to_contain_text("player 2")
    await expect(rows.nth(3)).to_contain_text("no score yet")
    await require_accessible(page)
    await page.close()  # an open page would log an error when its server ends, and thus fail the test
