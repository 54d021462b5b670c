"""Boards with few players, equal ranks, an extreme score and a named subscore, as players see them."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.acceptance.api_fixtures import Served, served
from tests.api_client import ADMIN_KEY
from tests.browser.conftest import Open, site_settings

LOWEST_CARD = 260
"""Height in pixels below which a card holds a notice, and no empty list."""
LAPS = {"policy": "best", "order": "asc", "unit": "ms"}


@pytest.fixture(scope="module")
async def service(valkey, postgres, site) -> AsyncIterator[Served]:
    async with served(await site_settings(valkey, postgres, site)) as api:
        await api.until_healthy()
        users = [{"user_id": user_id, "username": f"Driver {user_id}"} for user_id in range(1, 103)]
        assert (await api.post("/api/users/batch", {"users": users})).status_code == 200
        yield api


async def new_board(api: Served, slug: str, scores: Mapping[int, int], **settings: Any) -> None:
    body = {"board": slug, "name": slug.title(), **settings}
    assert (await api.post("/api/boards", body, ADMIN_KEY)).status_code == 201
    subscore = {"subscore": 4} if "subscore_order" in settings else {}
    items = [{"user_id": user_id, "score": score, **subscore} for user_id, score in scores.items()]
    if not items:
        return
    answer = await api.post(f"/api/boards/{slug}/scores/batch", {"submissions": items})
    assert all("error" not in result for result in answer.json()["results"])


def leaders(page: Page) -> Locator:
    return page.get_by_role("list", name="The first three").get_by_role("listitem")


@pytest.mark.parametrize("players", [1, 2, 3])
async def test_few_players_fill_the_podium_and_need_no_list(service: Served, open_page: Open, players: int) -> None:
    slug = f"few{players}"
    await new_board(service, slug, {user_id: 100 - user_id for user_id in range(1, players + 1)})
    page = await open_page(f"{service.url}/?board={slug}")
    await expect(leaders(page)).to_have_count(players)
    await expect(page.get_by_role("heading", name="All ranks")).to_have_count(0)
    boxes = [await step.bounding_box() for step in await leaders(page).all()]
    frame = await page.get_by_role("list", name="The first three").bounding_box()
    width = await page.evaluate("document.documentElement.clientWidth")
    assert frame is not None
    assert all(box is not None and box["width"] > 0 for box in boxes)
    # Few players stand in the middle of the page, not at its left.
    assert abs(frame["x"] + frame["width"] / 2 - width / 2) < width / 20
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_a_board_without_players_says_so_in_a_short_page(service: Served, open_page: Open) -> None:
    await new_board(service, "empty", {})
    page = await open_page(f"{service.url}/?board=empty")
    card = page.get_by_role("region", name="The leaders")
    await expect(card.get_by_text("No scores yet")).to_be_visible()
    await expect(card.get_by_text("The first submitted score leads this board.")).to_be_visible()
    await expect(page.get_by_text("Live, 0 players")).to_be_visible()
    for absent in ("The first three", "All ranks", "Your rank", "Do you play here?"):
        await expect(page.get_by_text(absent, exact=True)).to_have_count(0)
    await expect(leaders(page)).to_have_count(0)
    assert await page.evaluate("document.documentElement.scrollHeight <= document.documentElement.clientHeight")
    box = await card.bounding_box()
    assert box is not None
    assert box["height"] < LOWEST_CARD
    await page.close()


async def test_a_lone_player_has_no_percentage_and_no_distribution(service: Served, open_page: Open) -> None:
    await new_board(service, "lone", {1: 5})
    page = await open_page(f"{service.url}/player/1?board=lone")
    await expect(page.get_by_role("heading", level=1, name="Driver 1")).to_be_visible()
    await expect(page.get_by_text("of 1", exact=True)).to_be_visible()
    await expect(page.get_by_text("Ahead of")).to_have_count(0)
    await expect(page.get_by_text("Distribution of scores")).to_have_count(0)
    await page.close()


async def test_players_of_one_rank_stand_at_one_height(service: Served, open_page: Open) -> None:
    await new_board(service, "tied", {1: 7, 2: 7, 3: 7}, rank_style="shared")
    page = await open_page(f"{service.url}/?board=tied")
    await expect(leaders(page)).to_have_count(3)
    medals = await page.locator("[data-medal]").all_text_contents()
    assert medals == ["1", "1", "1"]
    boxes = [await step.bounding_box() for step in await leaders(page).all()]
    assert len({round(box["y"]) for box in boxes if box is not None}) == 1
    await page.close()


async def test_a_distribution_follows_the_order_and_cuts_an_extreme_score_off(service: Served, open_page: Open) -> None:
    laps = {user_id: 60_000 + 100 * user_id for user_id in range(1, 102)} | {102: 3_600_000}
    await new_board(service, "extreme", laps, **LAPS)
    page = await open_page(f"{service.url}/player/51?board=extreme")
    await expect(page.get_by_text("Half of the players have 1:05.100 or less.")).to_be_visible()
    await expect(page.get_by_text("The last bar holds all scores from")).to_be_visible()
    bars = page.get_by_role("img", name="with a score from").locator("rect")
    assert await bars.count() > 15
    await page.close()


async def test_a_board_names_its_subscore(service: Served, open_page: Open) -> None:
    await new_board(service, "cups", {1: 9}, subscore_order="desc", subscore_name="laps led")
    await service.post("/api/boards/cups/scores", {"user_id": 2, "score": 3, "subscore": 6})
    page = await open_page(f"{service.url}/?board=cups")
    await expect(leaders(page).first).to_contain_text("laps led 4")
    await page.close()


UNUSUAL = {
    103: ("<b>Bo</b> & <img src=x>", 0),
    104: ("\u0639\u0628\u062f \u0627\u0644\u0631\u062d\u0645\u0646", -5),
    105: ("W" * 40, -1_234_567),
    106: ("&lt;Eve&gt;", -9_007_199_254_740_991),
}
"""Unusual names, and their scores: with markup, written from right to left, without spaces, and with an HTML entity."""
ZOOMED = (640, 450)
"""Size in CSS pixels of the desktop window when the page is zoomed to 200 %."""


async def test_unusual_names_and_scores_stay_as_they_are_at_200_percent(service: Served, open_page: Open) -> None:
    users = [{"user_id": user_id, "username": name} for user_id, (name, _) in UNUSUAL.items()]
    assert (await service.post("/api/users/batch", {"users": users})).status_code == 200
    await new_board(service, "unusual", {user_id: score for user_id, (_, score) in UNUSUAL.items()})
    page = await open_page(f"{service.url}/?board=unusual", size=ZOOMED)
    for user_id, (name, score) in UNUSUAL.items():
        entry = page.get_by_role("listitem").filter(has=page.get_by_text(name, exact=True)).last
        await expect(entry).to_contain_text(f"{score:,}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= ZOOMED[0]
        await entry.get_by_role("link", name=name, exact=True).click()
        await expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible()
        await expect(page).to_have_title(f"{name} - Unusual - LeaderForge")
        await expect(page).to_have_url(f"{service.url}/player/{user_id}?board=unusual")
        assert await page.evaluate("document.documentElement.scrollWidth") <= ZOOMED[0]
        assert await page.locator("main b, main img").count() == 0
        await page.go_back()
    right_to_left = page.get_by_text(UNUSUAL[104][0], exact=True).first
    assert await right_to_left.evaluate("(element) => getComputedStyle(element).direction") == "rtl"
    await page.close()
