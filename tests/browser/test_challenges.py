"""Opening a challenge by its link, and choosing a segment: by keyboard, in each language, and at a width of 320 px."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.acceptance.api_fixtures import Served, served
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.browser.axe import require_accessible
from tests.browser.chromium import LANGUAGES, SCHEMES, WIDTHS
from tests.browser.conftest import Open, site_settings
from tests.browser.test_accessibility import tab_to
from tests.tokens import TOKENS, token

NARROW = WIDTHS["narrow"]
PLAYERS = {41: ("Nora", "FI"), 42: ("Wolfeschlegelsteinhausenbergerdorff", "AT"), 43: ("عبد الرحمن", "FI")}
FREE = 43
"""Player who has not joined the challenge."""
TITLES = {"en": "Challenge", "de": "Herausforderung", "es": "Desafío", "ja": "チャレンジ"}


@pytest.fixture(scope="module")
async def duel(valkey, postgres, site) -> AsyncIterator[Served]:
    """Server with a board that has segments, and three players without scores."""
    more = {"LEADERFORGE_CHALLENGES": "50", "LEADERFORGE_SEGMENTS": "country"}
    settings = await site_settings(valkey, postgres, site, **more, **TOKENS)
    async with served(settings) as api:
        await api.until_healthy()
        board = {"board": "duel", "name": "Duel", "policy": "best", "segments": ["country"]}
        assert (await api.post("/api/boards", board, ADMIN_KEY)).status_code == 201
        for user_id, (name, country) in PLAYERS.items():
            player = {"user_id": user_id, "username": name, "attributes": {"country": country}}
            assert (await api.post("/api/users", player)).status_code == 201
        yield api


async def challenge(api: Served) -> str:
    """Create a challenge of the first two players. All players then score. Return the address of the page."""
    body = {"board": "duel", "user_id": 41, "length_s": 3600, "max_players": 3, "challenge_id": str(uuid4())}
    invitation = (await api.post("/api/challenges", body, SUBMIT_KEY)).json()["invitation"]
    assert (await api.send("PUT", f"/api/challenges/{invitation}/players/42", key=SUBMIT_KEY)).status_code == 200
    for user_id in PLAYERS:
        await api.post("/api/boards/duel/scores", {"user_id": user_id, "score": 1000 - user_id})
    return f"{api.url}/friends?board=duel&challenge={invitation}"


async def test_a_player_joins_a_challenge_by_keyboard(duel: Served, open_page: Open) -> None:
    page = await open_page(await challenge(duel), size=NARROW)
    await page.evaluate(f"""localStorage.setItem('leaderforge.me', '{{"id": {FREE}, "name": "Amir"}}')""")
    await page.reload()
    panel = page.get_by_role("region", name="Challenge")
    await expect(panel).to_contain_text("2 of 3 places taken")
    await tab_to(page, "section[aria-label=Challenge] input")
    await page.keyboard.type(token(FREE))
    await page.keyboard.press("Enter")
    await expect(panel.get_by_role("listitem")).to_have_count(3)
    await expect(panel).to_contain_text("3 of 3 places taken")
    await expect(panel.get_by_role("button")).to_have_count(0)
    await require_accessible(page)
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


@pytest.mark.parametrize("language", LANGUAGES)
async def test_axe_finds_nothing_at_320_px(duel: Served, open_page: Open, language: str) -> None:
    colours = SCHEMES[LANGUAGES.index(language) % len(SCHEMES)]
    page = await open_page(await challenge(duel), size=NARROW, colours=colours, language=language)
    panel = page.get_by_role("region", name=TITLES[language[:2]])
    await expect(panel.get_by_role("listitem")).to_have_count(2)
    await require_accessible(page)
    await page.evaluate(f"""localStorage.setItem('leaderforge.me', '{{"id": {FREE}, "name": "Amir"}}')""")
    await page.reload()
    await expect(panel.get_by_role("button")).to_have_count(1)
    await require_accessible(page)
    await page.goto(f"{duel.url}/?board=duel&segment=country:FI")
    await expect(page.locator("form select")).to_have_value("country")
    await expect(page.locator("form input").first).to_have_value("FI")
    await require_accessible(page)
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_a_segment_is_chosen_by_keyboard_and_the_address_keeps_it(duel: Served, open_page: Open) -> None:
    await challenge(duel)
    page = await open_page(f"{duel.url}/?board=duel", size=NARROW)
    await expect(page.get_by_label("Players by")).to_be_visible()
    await tab_to(page, "select:has(option[value=country])")
    await page.keyboard.press("c")  # the first letter chooses the option
    await tab_to(page, "form input")
    await page.keyboard.type("AT")
    await page.keyboard.press("Enter")
    leaders = page.get_by_role("list", name="The first three").get_by_role("listitem")
    await expect(leaders).to_have_count(1)
    await expect(leaders).to_contain_text("Wolfe")
    await page.reload()
    await expect(leaders).to_have_count(1)
    await expect(page.get_by_label("Value of country")).to_have_value("AT")
    await page.close()  # an open page would log an error when its server ends, and thus fail the test
