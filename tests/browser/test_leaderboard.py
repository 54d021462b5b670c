"""Leaderboard in a browser: leaders, every rank, and search of a player."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.acceptance.api_fixtures import Served
from tests.browser.chromium import DESKTOP, PHONE, SITE
from tests.browser.conftest import PLAYERS, Open

RANKS = "Players from rank 4 to the last"

HEADER_ROW = 66
"""Height of a header with one row, in pixels, with its border."""

LARGEST_GAP = 70
"""Maximum number of pixels between rank and name: a picture of 36, and 16 on either side of it."""


async def test_the_leaders_and_the_beginning_of_all_ranks_are_shown(product: Served, open_page: Open) -> None:
    page = await open_page(product.url)
    leaders = (await product.get("/api/leaderboard/top?limit=4")).json()["entries"]
    podium = page.get_by_role("list", name="The first three").get_by_role("link")
    await expect(podium).to_have_text([entry["username"] for entry in leaders[:3]])
    await expect(page.get_by_text(f"of {PLAYERS:,} players")).to_be_visible()
    await expect(page.get_by_role("region", name=RANKS).get_by_role("link").first).to_have_text(leaders[3]["username"])


async def test_the_rows_of_all_ranks_and_of_the_reader_are_in_one_grid(product: Served, open_page: Open) -> None:
    for size in (DESKTOP, PHONE):
        page = await open_page("about:blank", size=size)
        await page.add_init_script('localStorage.setItem(\'leaderforge.me\', \'{"id": 4321, "name": "me"}\')')
        await page.goto(product.url)
        mine = page.get_by_role("region", name="Your rank")
        rows = page.get_by_role("region", name=RANKS).get_by_role("listitem")
        await expect(mine.get_by_role("link").first).to_be_visible()
        # The list continues the podium: no rank is on the page twice.
        await expect(rows.first).to_have_attribute("aria-posinset", "4")
        places = [await columns(mine), *[await columns(rows.nth(position)) for position in range(3)]]
        assert len(set(places)) == 1, places
        end_of_rank, name = places[0]
        assert 0 < name - end_of_rank <= LARGEST_GAP


async def test_one_jumps_to_any_rank(product: Served, open_page: Open) -> None:
    rank = PLAYERS // 2
    page = await open_page(product.url)
    await page.get_by_label("Go to rank").fill(f"{rank:,}")
    await page.get_by_role("button", name="Go", exact=True).click()
    there = (await product.get(f"/api/boards/default/page?rank={rank}&limit=1")).json()["entries"][0]
    await expect(row(page, rank)).to_contain_text(there["username"])
    assert page.url.endswith(f"rank={rank}")


async def test_a_link_to_a_rank_opens_there_and_scrolls_on(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/#/?rank={PLAYERS}")
    await expect(row(page, PLAYERS)).to_be_visible()
    await page.get_by_role("region", name=RANKS).hover()
    for _ in range(5):
        await page.mouse.wheel(0, -1000)
    passed = (await product.get(f"/api/boards/default/page?rank={PLAYERS - 80}&limit=1")).json()["entries"][0]
    await expect(row(page, PLAYERS - 80)).to_contain_text(passed["username"])


async def test_a_player_is_found_by_name_and_by_id(product: Served, open_page: Open) -> None:
    wanted = (await product.get("/api/users/4321")).json()["username"]
    page = await open_page(product.url)
    search = page.get_by_role("combobox", name="Find a player")
    await search.fill(wanted)
    await page.get_by_role("option", name=wanted).first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(wanted)
    await search.fill("#77")
    await page.get_by_role("option", name="#77").first.click()
    await expect(page).to_have_url(re.compile("/player/77$"))


@pytest.mark.parametrize(
    ("address", "label"),
    [("", "Go to rank"), ("friends", "Name or id"), ("submit", "Key"), ("console", "Key")],
)
async def test_each_page_opens_by_its_address(product: Served, open_page: Open, address: str, label: str) -> None:
    page = await open_page(f"{product.url}/{address}")
    await expect(page.get_by_label(label).first).to_be_visible()
    await expect(page).to_have_url(f"{product.url}/{address}")


@pytest.mark.parametrize("address", ["player/4321", "console/keys"])
async def test_an_address_with_two_parts_shows_its_page(product: Served, open_page: Open, address: str) -> None:
    page = await open_page(f"{product.url}/{address}")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).not_to_have_text("Leaderboard")


async def test_a_players_page_tells_rank_place_and_neighbours(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/#/player/4321")
    told = (await product.get("/api/boards/default/ranks/4321")).json()
    figures = page.locator("dl")
    await expect(figures).to_contain_text(f"{told['rank']:,}")
    await expect(page.get_by_role("img", name=re.compile("Distribution of scores"))).to_be_visible()
    around = (await product.get("/api/boards/default/around/4321?radius=4")).json()["entries"]
    neighbours = page.get_by_role("region", name="Neighbours").get_by_role("listitem").get_by_role("link")
    await expect(neighbours).to_have_text([entry["username"] for entry in around])


async def test_friends_are_ranked_among_themselves(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/#/friends")
    await page.get_by_label("Add friends by name or id").fill("5\n6, 7")
    await page.get_by_role("button", name="Add 3 friends").click()
    told = (await product.post("/api/boards/default/ranks/lookup", {"user_ids": [5, 6, 7]}, key=None)).json()["entries"]
    rows = page.get_by_role("table", name="Friends by rank").get_by_role("rowheader").get_by_role("link")
    await expect(rows).to_have_text([entry["username"] for entry in told])
    await page.reload()
    await expect(rows).to_have_count(3)


async def test_all_fits_on_a_phone(product: Served, open_page: Open) -> None:
    for path in ("", "#/player/4321", "#/friends", "#/submit"):
        page = await open_page(f"{product.url}/{path}", size=PHONE)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await page.wait_for_load_state("networkidle")
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], path
        assert await cut_off(page) == [], path
        header = await page.get_by_role("banner").bounding_box()
        assert header is not None
        assert header["height"] <= HEADER_ROW, path


async def test_pictures_of_another_host_are_shown_if_they_are_configured(product: Served, open_page: Open) -> None:
    cdn = "https://cdn.example.org"
    page = await open_page("about:blank")
    config = {"hero": f"{cdn}/hero.png", "avatars": f"{cdn}/{{user_id}}.png"}
    await page.route("**/config.json", lambda route: route.fulfill(json=config))
    await page.route(f"{cdn}/*", lambda route: route.fulfill(path=SITE / "icon-32.png"))
    await page.goto(product.url)
    pictures = page.locator("main img")
    await expect(pictures.nth(3)).to_be_attached()
    for picture in (await pictures.all())[:4]:
        await picture.scroll_into_view_if_needed()
        await expect(picture).to_have_js_property("naturalWidth", 32)


async def test_the_window_may_be_narrow_or_wide(product: Served, open_page: Open) -> None:
    for width in (320, 768, 2560):
        page = await open_page(product.url, size=(width, DESKTOP[1]))
        await expect(page.get_by_role("list", name="The first three")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


def row(page: Page, rank: int):
    """Return the row of this rank in the list of all ranks."""
    return page.get_by_role("region", name=RANKS).locator(f"[aria-posinset='{rank}']")


async def columns(entry: Locator) -> tuple[int, int]:
    """Return the right edge of a row's rank and the left edge of its name, in pixels."""
    rank = await entry.locator("span.tabular-nums").first.bounding_box()
    name = await entry.get_by_role("link").first.bounding_box()
    assert rank is not None
    assert name is not None
    return round(rank["x"] + rank["width"]), round(name["x"])


async def cut_off(page: Page) -> list[str]:
    """Return the controls that extend beyond the right edge of the window."""
    script = """() => [...document.querySelectorAll('a, button, input')]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1)
        .map((element) => element.outerHTML.slice(0, 80))"""
    found: list[str] = await page.evaluate(script)
    return found
