"""Accessibility of each page: axe reports no violation, the keyboard reaches all controls, motion can be reduced."""

import asyncio
import re
from itertools import combinations

import pytest
from playwright.async_api import Page, expect

from tests.acceptance.api_fixtures import Served
from tests.api_client import SUBMIT_KEY
from tests.browser.axe import violations
from tests.browser.chromium import LANGUAGES, LOOKS, SCHEMES, WIDTHS, look
from tests.browser.conftest import PLAYERS, Open

PAGES = {
    "leaderboard": "",
    "rank": "#/?rank=20000",
    "player": "#/player/4321",
    "nobody": "#/player/999999999",
    "friends": "#/friends",
    "submit": "#/submit",
    "lost": "#/no/such/page",
}


ROWS_IN_VIEW = 10
"""Maximum number of rows that are in view in the list of all ranks. The list is at most 640 pixels high."""

HEADINGS = {"en": "Leaderboard", "de": "Rangliste", "es": "Clasificación", "ja": "ランキング"}
"""Heading of the first board in each language of the page."""


@pytest.mark.parametrize("language", LANGUAGES)
async def test_axe_finds_nothing(product: Served, open_page: Open, language: str) -> None:
    page = await open_page("about:blank", language=language)
    for number, path in enumerate(PAGES.values()):
        size, colours = look(number, LANGUAGES.index(language))
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        await page.emulate_media(color_scheme=colours)
        await require_accessible(page, f"{product.url}/{path}")
    assert HEADINGS.keys() == {tag[:2] for tag in LANGUAGES}
    await page.goto("about:blank")
    await page.goto(product.url)
    await expect(page.get_by_role("heading", level=1)).to_have_text(HEADINGS[language[:2]])


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("size", "colours"), LOOKS)
async def test_axe_finds_nothing_in_any_combination(
    product: Served, open_page: Open, language: str, size: tuple[int, int], colours: str
) -> None:
    page = await open_page("about:blank", size=size, colours=colours, language=language)
    for path in PAGES.values():
        await require_accessible(page, f"{product.url}/{path}")


async def require_accessible(page: Page, address: str) -> None:
    """Load a page, and fail if axe reports a violation."""
    await page.goto("about:blank")  # otherwise the browser would only change the hash, and load nothing
    await page.goto(address, wait_until="networkidle")
    assert await violations(page) == [], address


def test_each_pair_of_page_language_width_and_colours_is_checked() -> None:
    pairs = set()
    for page in range(len(PAGES)):
        for language in range(len(LANGUAGES)):
            pairs.update(combinations((("page", page), ("language", language), *enumerate(look(page, language))), 2))
    sizes = len(PAGES), len(LANGUAGES), len(WIDTHS), len(SCHEMES)
    assert len(pairs) == sum(first * second for first, second in combinations(sizes, 2))


async def test_forced_colours_leave_the_current_page_an_entry_and_the_focus_marked(
    product: Served, open_page: Open
) -> None:
    page = await open_page("about:blank")
    await page.emulate_media(forced_colors="active")
    await require_accessible(page, f"{product.url}/#/?rank=200")
    current = page.get_by_role("link", name="Leaderboard", exact=True)
    for marked in (current, page.locator("[aria-posinset='200'] .bg-wash")):
        await expect(marked).to_have_css("outline", re.compile("solid 2px"))
        await expect(marked).to_have_css("outline-offset", "-2px")
    await tab_to(page, "nav [aria-current=page]")
    await expect(current).to_have_css("outline-offset", "2px")


async def test_axe_finds_nothing_in_what_opens(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/#/friends")
    await page.get_by_label("Add friends by name or id").fill("5, 6, 7")
    await page.get_by_role("button", name="Add 3 friends").click()
    await expect(page.get_by_role("row")).to_have_count(4)
    await page.get_by_role("combobox", name="Find a player").fill("a")
    await expect(page.get_by_role("option").first).to_be_visible()
    assert await violations(page) == []
    await page.evaluate("""localStorage.setItem('leaderforge.me', '{"id": 5, "name": "Ada"}')""")
    await page.reload()
    await expect(page.get_by_label("Player token of Ada")).to_be_visible()
    assert await violations(page) == []
    await page.evaluate("localStorage.removeItem('leaderforge.me')")
    await page.goto(f"{product.url}/#/?rank=1")
    await page.get_by_label("Go to rank").fill("first")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await violations(page) == []


async def test_the_tab_key_leaves_the_list_of_all_ranks(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/#/?rank=200")
    await expect(page.locator("[aria-posinset='200']")).to_be_visible()
    region = page.locator("[role=region][tabindex='0']")
    # Rows that are still loading have no link that Tab could reach.
    await expect(region.locator("[role=listitem]:not(:has(a))")).to_have_count(0)
    await tab_to(page, "[role=region]")
    offset = await region.evaluate("(element) => element.scrollTop")
    # Only the rows in view are tab stops. Otherwise, Tab would scroll through all of the thousands of rows.
    await tab_to(page, "input[type=range]", most=ROWS_IN_VIEW + 1)
    await page.keyboard.press("Shift+Tab")
    assert await page.evaluate("document.activeElement.closest('[role=listitem]') !== null")
    assert await region.evaluate("(element) => element.scrollTop") == offset


async def test_the_keyboard_is_enough(product: Served, open_page: Open) -> None:
    page = await open_page(product.url)
    await expect(page.get_by_role("list", name="The first three")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    await tab_to(page, "input[placeholder^='1 to']")
    await page.keyboard.type("25000")
    await page.keyboard.press("Enter")
    await expect(page.locator("[aria-posinset='25000']")).to_be_visible()
    await tab_to(page, "[role=region]")
    await page.keyboard.press("End")
    await expect(page.locator(f"[aria-posinset='{PLAYERS}']")).to_be_visible()
    await tab_to(page, "input[type=range]")
    await page.keyboard.press("PageUp")
    await expect(page.locator("input[type=range]")).to_have_value(re.compile(r"\d+"))
    await page.keyboard.press("/")
    await page.keyboard.type("#12")
    await expect(page.get_by_role("option", name="#12").first).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/player/12$"))
    await expect(page.locator("main")).to_be_focused()


async def test_enter_takes_effect_although_the_search_has_not_answered_yet(product: Served, open_page: Open) -> None:
    page = await open_page(product.url)
    await expect(page.get_by_role("list", name="The first three")).to_be_visible()
    entered = asyncio.Event()

    async def answer_after_enter(route) -> None:
        await entered.wait()
        await route.continue_()

    await page.route(re.compile("/api/users\\?"), answer_after_enter)
    await page.keyboard.press("/")
    await page.keyboard.type("#12")
    await expect(page.get_by_role("option", name="#12").first).to_be_visible()
    await page.keyboard.press("Enter")
    entered.set()
    await expect(page).to_have_url(re.compile("/player/12$"))


async def test_a_score_is_submitted_by_keyboard(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/#/submit")
    await tab_to(page, "input[type=password]")
    for text in (SUBMIT_KEY, "60", "41"):
        await page.keyboard.type(text)
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    reply = page.get_by_role("region", name="Reply", exact=True)
    await expect(reply).to_contain_text('"user_id": 60')


async def test_nothing_moves_for_those_who_want_none_of_it(product: Served, open_page: Open) -> None:
    page = await open_page(product.url)
    await page.emulate_media(reduced_motion="reduce")
    moving = "document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime > 100).length"
    assert await page.evaluate(moving) == 0


async def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab at most `most` times, until the element has the focus. The focus must be visible."""
    await expect(page.locator(selector).first).to_be_attached()
    for _ in range(most):
        await page.keyboard.press("Tab")
        if await page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    raise AssertionError(f"the keyboard does not reach {selector}")
