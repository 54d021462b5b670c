"""The web page during outages of parts of the product, and in a browser that is offline."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.acceptance.api_fixtures import served
from tests.browser.axe import violations
from tests.browser.conftest import Open, populate, site_settings
from tests.conftest import OwnValkey

PLAYERS = 200

PRELOADED = """(pages) => pages.every((page) =>
    performance.getEntriesByType('resource').some(({ name, responseEnd }) => name.includes(page) && responseEnd > 0))"""
"""Script that returns whether the browser has loaded these pages in advance, as it does when it is idle."""


async def test_answers_of_the_database_are_marked_until_the_index_is_back(
    own_valkey: OwnValkey, postgres, site, open_page: Open
) -> None:
    cluster = own_valkey()
    settings = await site_settings(cluster, postgres, site)
    async with served(settings) as api:
        await api.until_healthy()
        await populate(api, PLAYERS)
        page = await open_page(api.url)
        await expect(page.get_by_text(f"of {PLAYERS} players")).to_be_visible()
        mark = page.get_by_text("Ranks come straight from the database")
        await expect(mark).not_to_be_visible()
        for node in range(cluster.size):
            cluster.kill(node)
        await expect(mark).to_be_visible()
        assert await violations(page) == []
        await page.get_by_label("Go to rank").fill("150")
        await page.keyboard.press("Enter")
        await expect(page.locator("[aria-posinset='150']").get_by_role("link")).to_be_visible()
        await asyncio.to_thread(lambda: [cluster.restart(node, wait=False) for node in range(cluster.size)])
        await asyncio.to_thread(cluster.wait_ready)
        await expect(mark).not_to_be_visible()
        await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_offline_the_last_that_was_loaded_stays(product, open_page: Open) -> None:
    page = await open_page(product.url)
    leader = page.get_by_role("list", name="The first three").get_by_role("link").first
    await expect(leader).to_be_visible()
    await page.context.set_offline(True)
    await expect(page.get_by_text("You are offline")).to_be_visible()
    await expect(leader).to_be_visible()
    assert await violations(page) == []
    await page.context.set_offline(False)
    await expect(page.get_by_text("You are offline")).not_to_be_visible()


async def test_offline_the_pages_open_in_their_frame(product, open_page: Open) -> None:
    page = await open_page(product.url)
    leader = page.get_by_role("list", name="The first three").get_by_role("link").first
    await expect(leader).to_be_visible()
    await page.wait_for_function(PRELOADED, arg=["PlayerPage", "FriendsPage"])
    await page.context.set_offline(True)
    await leader.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are offline")
    await page.get_by_role("link", name="Friends").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Friends")
    await page.get_by_role("link", name="Leaderboard", exact=True).click()
    await expect(leader).to_be_visible()


async def test_offline_submit_and_console_stay_in_the_frame(product, open_page: Open) -> None:
    page = await open_page(product.url)
    leader = page.get_by_role("list", name="The first three").get_by_role("link").first
    await expect(leader).to_be_visible()
    await page.wait_for_function(PRELOADED, arg=["SubmitPage"])
    await page.evaluate("window.isFirstDocument = true")
    await page.context.set_offline(True)
    await open_from_settings(page, "Submit")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Submit a score")
    await expect(page.get_by_text("You are offline. The page shows the last loaded data.")).to_be_visible()

    # The browser did not load the console in advance. Its page says so, and the frame leads back.
    await open_from_settings(page, "Console")
    await expect(page.get_by_role("heading", level=1)).to_have_text("This page could not be shown")
    await expect(page.get_by_text("A part of the page could not be loaded. Check your connection")).to_be_visible()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("This page could not be shown")
    await page.get_by_role("link", name="Leaderboard", exact=True).click()
    await expect(leader).to_be_visible()
    assert await page.evaluate("window.isFirstDocument")  # offline, the page never reloads itself

    # Back online, the console opens.
    await page.context.set_offline(False)
    await open_from_settings(page, "Console")
    await expect(page.get_by_label("Key", exact=True)).to_be_visible()


async def open_from_settings(page: Page, link: str) -> None:
    """Open a page for developers or operators from the menu of settings."""
    await page.get_by_role("button", name="Settings").click()
    await page.get_by_role("link", name=link, exact=True).click()


async def test_a_part_that_fails_once_is_requested_again(product, open_page: Open) -> None:
    page = await open_page("about:blank")
    await page.route("**/assets/FriendsPage-*", lambda route: route.abort("connectionreset"), times=1)
    await page.goto(f"{product.url}/friends")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Friends")


async def test_a_part_that_fails_leaves_a_message_in_the_frame(product, open_page: Open) -> None:
    page = await open_page("about:blank")
    await page.route("**/assets/FriendsPage-*", lambda route: route.abort("connectionreset"))
    await page.goto(f"{product.url}/friends")
    await expect(page.get_by_role("heading", level=1)).to_have_text("This page could not be shown")
    await expect(page.get_by_role("link", name="Friends")).to_be_visible()
    assert await violations(page) == []
    await page.unroute("**/assets/FriendsPage-*")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Friends")


@pytest.mark.parametrize("part", ['rel="stylesheet"', 'type="module"', 'rel="modulepreload"'])
async def test_a_first_load_that_fails_half_way_is_made_good(product, site: Path, open_page: Open, part: str) -> None:
    [name] = re.findall(f'{part}[^>]*?/(assets/[^"]+)', (site / "index.html").read_text())[:1]
    page = await open_page("about:blank")
    await page.route(f"**/{name}", lambda route: route.abort("connectionreset"), times=1)
    await page.goto(product.url)
    await expect(page.get_by_role("list", name="The first three")).to_be_visible()
    await expect(page.get_by_role("button", name="Skip to content")).not_to_be_in_viewport()
