"""Site of a studio: its name, logo and links, the header, the names of boards, and the words of all pages."""

import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.acceptance.api_fixtures import Served, served
from tests.api_client import ADMIN_KEY
from tests.browser.conftest import Open, site_settings
from tests.browser.test_console import sign_in
from tests.browser.test_leaderboard import HEADER_ROW, RANKS

TITLE, LOGO = "Race Club", "club.svg"
LINKS = {"Rules of the club": "https://example.org/rules", "Support": "mailto:help@example.org"}
ME = 5
LAPS = {user_id: 60_000 + 1_000 * user_id for user_id in range(1, 8)}
"""Lap times in ms by the players' ids. The rank of each player is its id."""
ALL_KINDS = ["all-time", "daily", "weekly", "monthly", "season"]
ARABIC = re.compile("[\u0600-\u06ff]")
"""Letters and digits of the Arabic script."""

CLUMSY = re.compile(
    r"did not work|^look$|\bdo it\b|forget the key|none differs|name in addresses|`|"
    r"\b(?:daily|weekly|monthly|season) and (?:daily|weekly|monthly|season|all-time)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""Words of an earlier version that neither players nor operators use."""
OF_PROGRAMS = re.compile(r"\bsubmissions?\b", re.IGNORECASE)
"""Word of programmers that players do not use."""


@pytest.fixture(scope="module")
async def club(valkey, postgres, site: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """Server with the site of a studio, and with a weekly board of lap times beside the default board."""
    folder = tmp_path_factory.mktemp("club") / "site"
    shutil.copytree(site, folder)
    shutil.copy(folder / "icon.svg", folder / LOGO)
    links = [{"label": label, "href": href} for label, href in LINKS.items()]
    (folder / "config.json").write_text(json.dumps({"title": TITLE, "logo": LOGO, "links": links}))
    settings = await site_settings(valkey, postgres, folder, LEADERFORGE_WEB_PAGES="submit,console")
    async with served(settings) as api:
        await api.until_healthy()
        laps = {"board": "laps", "name": "Fastest laps", "policy": "best", "order": "asc", "unit": "ms"}
        weekly = {**laps, "periods": ["weekly"], "time_zone": "America/New_York"}
        kinds = {"board": "kinds", "name": "All kinds", "periods": ALL_KINDS, "season": "0 0 1 */3 *"}
        for board in (weekly, kinds):
            assert (await api.post("/api/boards", board, ADMIN_KEY)).status_code == 201
        users = [{"user_id": user_id, "username": f"Driver {user_id}"} for user_id in LAPS]
        assert (await api.post("/api/users/batch", {"users": users})).status_code == 200
        items = [{"user_id": user_id, "score": lap} for user_id, lap in LAPS.items()]
        assert (await api.post("/api/boards/laps/scores/batch", {"submissions": items})).status_code == 200
        yield api


async def test_a_studio_ships_the_page_under_its_name(club: Served, open_page: Open) -> None:
    page = await open_page(f"{club.url}/player/1?board=laps")
    await expect(page).to_have_title(f"Driver 1 - Fastest laps - {TITLE}")
    header = page.get_by_role("banner")
    await expect(header.get_by_text(TITLE, exact=True)).to_be_visible()
    logo = header.locator("img")
    await expect(logo).to_have_attribute("src", f"{club.url}/{LOGO}")
    assert await logo.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
    links = page.get_by_role("navigation", name="Links").get_by_role("link")
    await expect(links).to_have_text([*LINKS])
    assert [await link.get_attribute("href") for link in await links.all()] == [*LINKS.values()]
    await header.get_by_role("link", name=TITLE).click()
    await expect(page).to_have_title(f"Fastest laps - {TITLE}")
    await expect(page.get_by_text("LeaderForge")).to_have_count(0)
    await page.close()


async def test_the_header_is_a_row_for_players_at_320_pixels(club: Served, open_page: Open) -> None:
    page = await open_page(f"{club.url}/?board=laps", size=(320, 844))
    header = page.get_by_role("banner")
    for path in ("/?board=laps", f"/player/{ME}?board=laps", "/friends?board=laps"):
        await page.goto(f"{club.url}{path}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        box = await header.bounding_box()
        assert box is not None
        assert box["height"] <= HEADER_ROW
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    for name in ("Submit", "Console"):
        await expect(header.get_by_role("link", name=name)).to_have_count(0)

    # The search is an icon, which opens the field above the header.
    search = header.get_by_role("combobox", name="Find a player")
    await expect(search).not_to_be_visible()
    await header.get_by_role("button", name="Search").click()
    await expect(search).to_be_focused()
    await header.get_by_role("button", name="Close").click()
    await expect(search).not_to_be_visible()

    # The menu has both pages, because this server shows them.
    await page.get_by_role("button", name="Settings").click()
    for name in ("Submit", "Console"):
        await expect(header.get_by_role("link", name=name)).to_be_visible()
    await page.close()


async def test_each_page_names_its_board_and_changes_it(club: Served, open_page: Open) -> None:
    page = await open_page(f"{club.url}/friends?board=laps")
    picker = page.get_by_role("combobox", name="Board")
    for path, title in (("friends", "Friends"), ("submit", "Submit a score"), ("player/1", "Driver 1")):
        await page.goto(f"{club.url}/{path}?board=laps")
        await expect(page).to_have_title(f"{title} - Fastest laps - {TITLE}")
        await expect(picker.locator("option:checked")).to_have_text("Fastest laps")
        await picker.select_option("All kinds")
        await expect(page).to_have_title(f"{title} - All kinds - {TITLE}")
        await expect(page).to_have_url(f"{club.url}/{path}?board=kinds")
    await page.close()


async def test_the_reader_is_marked_in_the_list_and_among_friends(club: Served, open_page: Open) -> None:
    page = await open_page(f"{club.url}/player/{ME}?board=laps")
    await page.get_by_role("button", name="This is me").click()
    await expect(page.get_by_role("button", name="This is you")).to_be_visible()
    await page.goto(f"{club.url}/?board=laps")
    rows = page.get_by_role("region", name=RANKS).get_by_role("listitem")
    await require_marked(rows.filter(has_text=f"Driver {ME}"), rows.filter(has_text="Driver 4"))
    await expect(page.get_by_role("region", name="Your rank")).to_contain_text(f"Rank {ME} of {len(LAPS)}")
    await expect(page.get_by_role("link", name=f"You: Driver {ME}")).to_be_visible()

    # Among friends, the reader has a row too. It is marked in the same way.
    await page.get_by_role("link", name="Friends").click()
    await page.get_by_label("Add friends by name or id").fill("Driver 1\nDriver 7")
    await page.get_by_role("button", name="Add 2 friends").click()
    friends = page.get_by_role("table", name="Friends by rank").get_by_role("row")
    await expect(friends.get_by_role("rowheader").get_by_role("link")).to_have_text(
        ["Driver 1", "Driver 5", "Driver 7"]
    )
    await require_marked(friends.filter(has_text=f"Driver {ME}"), friends.filter(has_text="Driver 7"))
    await page.close()


async def require_marked(mine: Locator, other: Locator) -> None:
    """Require the mark "You" in the reader's row only."""
    await expect(mine.get_by_text("You", exact=True)).to_be_visible()
    await expect(other).to_be_visible()
    await expect(other.get_by_text("You", exact=True)).to_have_count(0)


async def test_a_browser_in_arabic_shows_one_language(club: Served, open_page: Open) -> None:
    page = await open_page(f"{club.url}/?board=laps", language="ar-EG")
    assert await page.evaluate("navigator.language") == "ar-EG"
    await expect(page.get_by_text(re.compile(r"^Ends in \d"))).to_be_visible()
    await expect(page.get_by_text(f"of {len(LAPS)} players")).to_be_visible()
    rows = page.get_by_role("region", name=RANKS).get_by_role("listitem")
    await expect(rows.first).to_contain_text(re.compile(r"1 play, (now|\d+ ?[a-z]+ ago)"))
    for path in ("", f"player/{ME}", "friends"):
        await page.goto(f"{club.url}/{path}?board=laps", wait_until="networkidle")
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        assert ARABIC.search(await page.locator("body").inner_text()) is None
    await page.close()


async def test_no_page_of_players_has_words_of_programs(club: Served, open_page: Open) -> None:
    page = await open_page(f"{club.url}/?board=laps")
    expected = {
        "?board=laps": "Driver 4",
        f"player/{ME}?board=laps": "Neighbours",
        "player/999?board=laps": "No player has the id 999.",
        "friends?board=laps": "No friends yet",
        "?board=kinds": "No scores yet",
        "no/such/page": "The link may be old or incomplete.",
    }
    for path, content in expected.items():
        await page.goto(f"{club.url}/{path}")
        await expect(page.get_by_text(content).first).to_be_visible()
        words = await page.locator("body").inner_text()
        assert CLUMSY.search(words) is None, path
        assert OF_PROGRAMS.search(words) is None, path
    await page.goto(f"{club.url}/submit?board=laps")
    await expect(page.get_by_text("Nothing sent yet")).to_be_visible()
    assert CLUMSY.search(await page.locator("body").inner_text()) is None
    await page.close()


TABS = {
    "State": "Partitions",
    "Activity": "Suspicious scores",
    "Boards": "All kinds",
    "Players": "Name or id",
    "Teams": "Create a team",
    "Moderation": "Hidden entries",
    "Imports": "Score file",
    "Awards": "No board has rewards",
    "Event endpoints": "Create an endpoint",
    "People": "No people yet",
    "Keys": "Create a key",
    "Audit log": "board.create on laps",
}
"""Pages of the console, with a text that each of them shows once it is loaded."""


async def test_no_page_of_the_console_has_clumsy_words(club: Served, open_page: Open) -> None:
    page = await open_page(f"{club.url}/console?board=laps")
    await require_common_words(page, "Kept in this tab until you sign out")  # hint of the sign-in form
    await sign_in(page, ADMIN_KEY)
    for tab, content in TABS.items():
        await page.get_by_role("link", name=tab, exact=True).click()
        await require_common_words(page, content)
    await page.get_by_role("link", name="Boards", exact=True).click()
    await expect(page.get_by_text("all-time, daily, weekly, monthly")).to_be_visible()
    await page.get_by_role("button", name="Create a board").click()
    await require_common_words(page, "Season starts")
    await page.close()


async def require_common_words(page: Page, content: str) -> None:
    """Require a page with this content and without clumsy words."""
    await expect(page.locator("main").get_by_text(content).first).to_be_visible()
    clumsy = CLUMSY.search(await page.locator("body").inner_text())
    assert clumsy is None, (content, clumsy)
