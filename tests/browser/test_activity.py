"""Console page about the activity of boards, on submissions through the API."""

import re
from collections.abc import AsyncIterator, Mapping

import pytest
from playwright.async_api import Page, expect

from leaderforge.adapters.clock import now_ms
from leaderforge.domain.activity import MINUTE_MS
from leaderforge.domain.timing import SETTLE_MS
from tests.acceptance.api_fixtures import Served, served
from tests.api_client import ADMIN_KEY
from tests.browser.axe import violations
from tests.browser.conftest import Open, site_settings
from tests.browser.test_console import sign_in

CHEATER = 7
SCORES = {1: 98, 2: 99, 3: 100, 4: 101, 5: 102, 6: 103, CHEATER: 1_000_000}
"""Scores by the players' ids, in the order of their submission. The last one is the highest that the board allows."""
NEAR_LIMIT = re.compile("within 1% of the board.s limit", re.IGNORECASE)


@pytest.fixture
async def studio(valkey, postgres, site) -> AsyncIterator[Served]:
    """Server with a busy board and a calm board. The minute of their submissions is over by its clock."""
    ahead_ms = 0
    settings = await site_settings(valkey, postgres, site, LEADERFORGE_WEB_PAGES="console")
    async with served(settings, clock=lambda: now_ms() + ahead_ms) as api:
        await api.until_healthy()
        busy = {"board": "busy", "name": "Busy", "policy": "best", "max_score": 1_000_000}
        calm = {"board": "calm", "name": "Calm", "policy": "best", "order": "asc", "unit": "ms"}
        for board in (busy, calm):
            assert (await api.post("/api/boards", board, ADMIN_KEY)).status_code == 201
        users = [{"user_id": user_id, "username": f"Player {user_id}"} for user_id in SCORES]
        assert (await api.post("/api/users/batch", {"users": users})).status_code == 200
        await submit(api, "busy", SCORES)
        await submit(api, "busy", {1: 1})
        await submit(api, "calm", {2: 83_456})
        ahead_ms = MINUTE_MS + SETTLE_MS
        await api.services.activity.fold()
        yield api


async def submit(api: Served, board: str, scores: Mapping[int, int]) -> None:
    for user_id, score in scores.items():
        sent = await api.post(f"/api/boards/{board}/scores", {"user_id": user_id, "score": score})
        assert sent.status_code == 200


async def test_activity_and_notable_scores_are_shown_by_board(studio: Served, open_page: Open) -> None:
    page = await open_page(f"{studio.url}/console/activity?board=busy")
    await sign_in(page, ADMIN_KEY)
    await page.get_by_label("Time", exact=True).select_option("last hour")
    await require_charts(page, studio, "busy", submissions=8)
    suspicious = page.get_by_role("list", name="Suspicious scores").get_by_role("listitem")
    await expect(suspicious).to_have_count(1)
    for content in (f"Player {CHEATER}", "1,000,000", NEAR_LIMIT):
        await expect(suspicious).to_contain_text(content)
    newest = page.get_by_role("list", name="Newest scores").get_by_role("listitem")
    await expect(newest).to_have_count(8)
    assert await violations(page) == []

    # The other board has a submission and no suspicious score.
    await page.get_by_label("Board", exact=True).select_option("Calm")
    await expect(page.get_by_text("No suspicious scores")).to_be_visible()
    await require_charts(page, studio, "calm", submissions=1)
    await expect(newest).to_have_count(1)
    await expect(newest).to_contain_text("Player 2")
    await expect(newest).to_contain_text("1:23.456")

    # The server keeps the history: a new window shows it at once. A suspicious score leads to moderation.
    other = await open_page(f"{studio.url}/console/activity?board=busy")
    await sign_in(other, ADMIN_KEY)
    await other.get_by_label("Time", exact=True).select_option("last hour")
    await require_charts(other, studio, "busy", submissions=8)
    suspect = other.get_by_role("list", name="Suspicious scores").get_by_role("listitem")
    await suspect.get_by_role("link", name=f"Moderate Player {CHEATER}").click()
    await expect(other.get_by_role("region", name="Chosen player")).to_contain_text("1,000,000")
    await other.close()
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def require_charts(page: Page, api: Served, board: str, *, submissions: int) -> None:
    """Require a board to have this number of submissions in the last hour, and the charts to show the busiest minute.

    Submissions in quick succession may be in two minutes. The API returns the numbers of each minute.
    """
    points = (await api.get(f"/api/admin/activity?board={board}&hours=1", ADMIN_KEY)).json()["points"]
    assert sum(point["submissions"] for point in points) == submissions
    for title, name in (("Submissions a minute", "submissions"), ("Active players", "players")):
        most = max(point[name] for point in points)
        assert most > 0
        chart = page.get_by_role("region", name=title)
        await expect(chart).to_contain_text(f"Maximum: {most}.")
        await expect(chart.get_by_role("img", name=f"maximum: {most}.")).to_be_visible()
