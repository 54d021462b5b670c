"""Past periods in a browser: their selection, their ranking, and the page of a player."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from leaderforge.domain.timing import PROPAGATION_MS, REPEATED_DROP_MS
from tests.acceptance.api_fixtures import Served, served
from tests.api_client import ADMIN_KEY
from tests.browser.axe import violations
from tests.browser.conftest import Open, site_settings

MIDNIGHT = 1_795_478_400_000  # 2026-11-24T00:00:00Z
YESTERDAY = "Nov 23, 2026"
PLAYERS = range(1, 41)
WINNER = "player 40"


class Ticks:
    """Clock that the test sets."""

    now = MIDNIGHT - 60_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
async def turned(valkey, postgres, site) -> AsyncIterator[Served]:
    """Server with a daily board. All players scored yesterday. Today the last player of yesterday leads."""
    clock = Ticks()
    settings = await site_settings(valkey, postgres, site)
    async with served(settings, clock=clock) as api:
        await api.until_healthy()
        board = {"board": "laps", "name": "Laps", "policy": "best", "subscore_order": "asc", "periods": ["daily"]}
        assert (await api.post("/api/boards", board, ADMIN_KEY)).status_code == 201
        for user_id in PLAYERS:
            await api.post("/api/users", {"user_id": user_id, "username": f"player {user_id}"})
        await submit(api, [{"user_id": i, "score": 100 * i, "subscore": i} for i in PLAYERS])
        clock.now = MIDNIGHT + max(PROPAGATION_MS, REPEATED_DROP_MS) + 60_000
        await submit(api, [{"user_id": 1, "score": 7}, {"user_id": 40, "score": 5}])
        await api.services.seasons.rollover.run()
        yield api


async def submit(api: Served, submissions: list[dict[str, int]]) -> None:
    answer = await api.post("/api/boards/laps/scores/batch", {"submissions": submissions})
    assert all("error" not in one for one in answer.json()["results"]), answer.text


async def test_a_past_period_is_looked_through(turned: Served, open_page: Open) -> None:
    page = await open_page(f"{turned.url}/#/?board=laps")
    first = page.get_by_role("list", name="The first three").get_by_role("listitem").first
    await expect(first).to_contain_text("player 1")
    await expect(page.get_by_text("Live, 2 players")).to_be_visible()
    await page.get_by_label("Period").select_option(YESTERDAY)
    await expect(first).to_contain_text(WINNER)
    await expect(first).to_contain_text("subscore 40")
    await expect(page.get_by_text("Over, 40 players")).to_be_visible()
    await page.get_by_label("Go to rank").fill("31")
    await page.keyboard.press("Enter")
    await expect(page.locator("[aria-posinset='31']")).to_contain_text("player 10")
    assert await violations(page) == []
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_a_player_has_past_periods(turned: Served, open_page: Open) -> None:
    page = await open_page(f"{turned.url}/#/player/40?board=laps")
    past = page.get_by_role("table", name="Past periods")
    await expect(past.get_by_role("row", name=YESTERDAY)).to_contain_text("1 of 40")
    await expect(past).to_contain_text("subscore 40")
    assert await violations(page) == []
    await past.get_by_role("link", name=YESTERDAY).click()
    await expect(page.get_by_label("Period")).to_have_value("2026-11-23")
    await expect(page.get_by_role("list", name="The first three").get_by_role("listitem").first).to_contain_text(WINNER)
    await page.close()  # an open page would log an error when its server ends, and thus fail the test
