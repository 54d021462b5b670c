"""Actions of a new visitor on the page. The tests find elements by role and visible text."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from leaderforge.wiring import enable_name_search
from tests.acceptance.api_fixtures import Served, served
from tests.api_client import ADMIN_KEY
from tests.browser.axe import violations
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Open, site_settings

WEDNESDAY = 1_795_608_000_000  # 2026-11-25T12:00:00Z
PLAYERS = range(1, 31)
LEADER, STRANGER = "Driver 30", "Driver 12"


@pytest.fixture
async def races(valkey, postgres, site) -> AsyncIterator[Served]:
    """Server with two boards. On the weekly board, a player with a larger id has a faster lap."""
    settings = await site_settings(valkey, postgres, site)
    async with served(settings, clock=lambda: WEDNESDAY) as api:
        await api.until_healthy()
        board = {"board": "laps", "name": "Fastest laps", "policy": "best", "order": "asc", "unit": "ms"}
        zoned = {**board, "periods": ["weekly"], "time_zone": "America/New_York"}
        assert (await api.post("/api/boards", zoned, ADMIN_KEY)).status_code == 201
        for user_id in PLAYERS:
            await api.post("/api/users", {"user_id": user_id, "username": f"Driver {user_id}"})
        laps = [{"user_id": user_id, "score": 90_000 - 100 * user_id} for user_id in PLAYERS]
        assert (await api.post("/api/boards/laps/scores/batch", {"submissions": laps})).status_code == 200
        yield api


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_stranger_finds_their_way(races: Served, open_page: Open, size: tuple[int, int]) -> None:
    page = await open_page("about:blank", size=size)
    await page.clock.install(time=WEDNESDAY / 1000)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(races.url)

    # The visitor opens the weekly board, and sees its end, its policy and its leaders.
    await page.get_by_label("Board", exact=True).select_option("Fastest laps")
    await expect(page.get_by_role("heading", level=1, name="Fastest laps")).to_be_visible()
    await expect(page.get_by_text("Ends in 4d 17h (Mon 05:00 your time, Sun 24:00 New York)")).to_be_visible()
    await expect(page.get_by_text("best score counts; the lowest leads.")).to_be_visible()
    leaders = page.get_by_role("list", name="The first three").get_by_role("listitem")
    await expect(leaders.first).to_contain_text(LEADER)
    await expect(leaders.first).to_contain_text("1:27.000")

    # The visitor finds their own rank.
    await page.get_by_role("button", name="Find me").click()
    await page.keyboard.type(STRANGER)
    await page.get_by_role("option", name=STRANGER).click()
    await expect(page.get_by_role("heading", level=1, name=STRANGER)).to_be_visible()
    await expect(page.get_by_text("of 30", exact=True)).to_be_visible()
    await page.get_by_role("button", name="This is me").click()
    await expect(page).to_have_title("Driver 12 - Fastest laps - LeaderForge")
    assert await violations(page) == []

    # The visitor copies the link to their own page.
    await page.get_by_role("button", name="Copy link").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = await page.evaluate("navigator.clipboard.readText()")
    assert link == f"{races.url}/player/12?board=laps"

    # Back on the board, the visitor still sees their own rank.
    await page.get_by_role("link", name="LeaderForge").click()
    await expect(page.get_by_role("region", name="Your rank")).to_contain_text("Rank 19 of 30")
    await page.get_by_role("link", name="Show in the list").click()
    await expect(page.get_by_role("listitem").filter(has_text=STRANGER).last).to_be_in_viewport()
    assert await violations(page) == []

    # A friend opens the link.
    friend = await open_page(link, size=size)
    await expect(friend.get_by_role("heading", level=1, name=STRANGER)).to_be_visible()
    await expect(friend.get_by_role("combobox", name="Board")).to_have_value("laps")
    await friend.close()
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_large_scores_are_whole_on_a_narrow_phone(races: Served, open_page: Open) -> None:
    scores = [{"user_id": user_id, "score": 123_456_789_012 - user_id} for user_id in PLAYERS[:3]]
    assert (await races.post("/api/scores/batch", {"submissions": scores})).status_code == 200
    page = await open_page(races.url, size=(320, 844))
    leaders = page.get_by_role("list", name="The first three").get_by_role("listitem")
    await expect(leaders).to_have_count(3)
    for user_id, leader in enumerate(await leaders.all(), 1):
        score = leader.get_by_text(f"{123_456_789_012 - user_id:,}")
        digits, step = await score.bounding_box(), await leader.bounding_box()
        assert digits is not None
        assert step is not None
        assert step["x"] <= digits["x"]
        assert digits["x"] + digits["width"] <= step["x"] + step["width"]
        assert await score.evaluate("(element) => element.scrollWidth <= element.clientWidth + 1")
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_an_unknown_name_and_an_unknown_page_say_so(races: Served, open_page: Open) -> None:
    page = await open_page(f"{races.url}/no/such/page")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    await expect(page).to_have_title("Page not found - LeaderForge")
    await page.get_by_role("combobox", name="Find a player").fill("Hydra")
    await expect(page.get_by_text("No name begins with “Hydra”.")).to_be_visible()
    await page.get_by_role("link", name="Open the leaderboard").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Leaderboard")
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_a_part_of_a_name_finds_its_player(races: Served, open_page: Open) -> None:
    await enable_name_search(races.services.settings.postgres_dsn.get_secret_value())
    page = await open_page(races.url)
    search = page.get_by_role("combobox", name="Find a player")
    await search.fill("IVER 30")
    await expect(page.get_by_role("option", name=LEADER)).to_be_visible()
    await search.fill("hydra")
    await expect(page.get_by_text("No name contains “hydra”.")).to_be_visible()
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_links_of_earlier_versions_lead_to_the_same_page(races: Served, open_page: Open) -> None:
    page = await open_page(f"{races.url}/#/player/12?board=laps")
    await expect(page.get_by_role("heading", level=1)).to_have_text(STRANGER)
    await expect(page).to_have_url(f"{races.url}/player/12?board=laps")
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text(STRANGER)
    await page.close()  # an open page would log an error when its server ends, and thus fail the test
