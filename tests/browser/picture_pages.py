"""Pages of the pictures: their addresses, and the actions on them before a picture is taken."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import FilePayload, Page, expect

from tests.browser.picture_teams import TEAM, TEAM_NAME, TEAMS
from tests.tokens import token

expect.set_options(timeout=30_000)

HERO = 20_000_001
NEWCOMERS = {HERO: "AdaLovelace", HERO + 1: "عبد الرحمن الخوارزمي", HERO + 2: "Wolfeschlegelsteinhausenbergerdorff"}
FILE = """driver;lap;date
Hollis;1:24.480;2026-09-14
Imre;1:25.905;2026-09-14
Juno;1:23.550;2026-09-15
;1:24.905;2026-09-15
"""
"""Score file with a bad line: a lap without a driver."""
FOLDED_S = 240
"""Maximum time in s until maintenance has added a minute to the activity."""
WATCHED_S = 25
"""Time in s for which the console is open before its picture is taken. Meanwhile its charts collect samples."""

Act = Callable[[Page, dict[str, Any]], Awaitable[None]]


async def _look(page: Page, _: dict[str, Any]) -> None:
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


def _look_at(title: str) -> Act:
    """Return an action that waits for the card with this title."""

    async def look(page: Page, _: dict[str, Any]) -> None:
        await expect(page.get_by_role("region", name=title, exact=True)).to_be_visible()

    return look


async def _look_at_history(page: Page, _: dict[str, Any]) -> None:
    await page.get_by_role("heading", name="Score over time").scroll_into_view_if_needed()
    await page.get_by_role("region", name="Score over time").evaluate("(one) => one.scrollIntoView({block: 'center'})")


async def _scroll_to_league(page: Page, _: dict[str, Any]) -> None:
    group = page.get_by_role("region", name=re.compile("^League: "))
    await expect(group.get_by_role("listitem").first).to_be_visible()
    await group.evaluate("(one) => one.scrollIntoView({block: 'center'})")


async def _look_at_ranks(page: Page, _: dict[str, Any]) -> None:
    ranks = page.get_by_role("region", name="Rank over time")
    await expect(ranks.get_by_role("img")).to_be_visible()
    await ranks.evaluate("(one) => one.scrollIntoView({block: 'center'})")


async def _show_tournament(page: Page, _: dict[str, Any]) -> None:
    await expect(page.get_by_role("region", name="Tournament").get_by_text("2 attempts left")).to_be_visible()
    await page.evaluate("scrollTo(0, 0)")


async def _befriend(page: Page, _: dict[str, Any]) -> None:
    await page.get_by_label("Add friends by name or id").fill(", ".join(map(str, [*NEWCOMERS, 5, 77, 1234])))
    await page.get_by_role("button", name="Add 6 friends").click()
    await expect(page.get_by_role("row")).to_have_count(7)
    await page.evaluate("scrollTo(0, 0)")


async def _show_challenge(page: Page, facts: dict[str, Any]) -> None:
    await page.goto(f"{facts['web']}#/friends?board=laps&challenge={facts['challenge']}")
    await expect(page.get_by_role("region", name="Challenge").get_by_role("listitem")).to_have_count(5)


async def _show_awards(page: Page, facts: dict[str, Any]) -> None:
    await page.goto(f"{facts['web']}#/player/{HERO}?board=sprints&period={facts['season']}")
    await page.get_by_role("button", name="This is me").click()
    await page.get_by_label("Player token of AdaLovelace").fill(token(HERO))
    await page.get_by_role("button", name="Show my awards").click()
    awards = page.get_by_role("region", name="Your awards")
    await expect(awards.get_by_text("Claimed")).to_be_visible()
    await awards.evaluate("(one) => one.scrollIntoView({block: 'center'})")


async def _choose_segment(page: Page, _: dict[str, Any]) -> None:
    await expect(page.get_by_label("Value of country")).to_have_value("FI")


async def _list_awards(page: Page, _: dict[str, Any]) -> None:
    await expect(page.get_by_role("table", name="Awards").get_by_text("gold-cup")).to_be_visible()


async def _look_at_team(page: Page, _: dict[str, Any]) -> None:
    members = page.get_by_role("region", name="Members", exact=True)
    await expect(members.get_by_role("listitem")).to_have_count(len(TEAMS[TEAM_NAME]))


async def _embed(page: Page, _: dict[str, Any]) -> None:
    await expect(page.locator("leader-board tbody tr").nth(7).locator("td").nth(1)).not_to_be_empty()


async def _submit(page: Page, facts: dict[str, Any]) -> None:
    await page.get_by_label("Key").fill(facts["submit_key"])
    await page.get_by_label("s id").fill(str(HERO))
    await page.get_by_label("Score").fill("5")
    await page.get_by_role("button", name="Submit score").click()
    await expect(page.get_by_role("region", name="Reply", exact=True)).to_contain_text("200 in")
    await page.evaluate("scrollTo(0, 0)")


async def _sign_in(page: Page, facts: dict[str, Any]) -> None:
    await page.get_by_label("Key", exact=True).fill(facts["admin_key"])
    await page.get_by_role("button", name="Open the console").click()
    await expect(page.get_by_role("table", name="Nodes")).to_be_visible()
    await asyncio.sleep(WATCHED_S)


async def _find_player(page: Page, _: dict[str, Any]) -> None:
    await page.get_by_label("Name or id", exact=True).fill("amber")
    await expect(page.get_by_role("button", name="Export").first).to_be_visible()


async def _open_team(page: Page, _: dict[str, Any]) -> None:
    await page.get_by_label("Name or id of a team").fill(TEAM_NAME)
    await page.get_by_role("button", name=f"Members of {TEAM_NAME}").click()
    members = page.get_by_role("region", name=f"Members of {TEAM_NAME}")
    await expect(members.get_by_role("listitem")).to_have_count(len(TEAMS[TEAM_NAME]))


async def _moderate(page: Page, _: dict[str, Any]) -> None:
    await expect(page.get_by_role("button", name="Remove this run").first).to_be_visible()


async def _list_entries(page: Page, _: dict[str, Any]) -> None:
    await expect(page.get_by_role("button", name="Open AdaLovelace")).to_be_visible()


async def _list_boards(page: Page, _: dict[str, Any]) -> None:
    edit = page.get_by_role("button", name="Edit Stage times")
    await edit.evaluate("(button) => button.scrollIntoView({block: 'end'})")


async def _watch_scores(page: Page, _: dict[str, Any]) -> None:
    await expect(page.get_by_role("list", name="Suspicious scores")).to_be_visible(timeout=FOLDED_S * 1000)


async def _preview_import(page: Page, _: dict[str, Any]) -> None:
    await page.get_by_label("Board", exact=True).select_option("Fastest laps")
    file: FilePayload = {"name": "laps.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    await page.get_by_label("Score file").set_input_files(file)
    lines = page.get_by_role("table", name="First lines as they would count")
    await lines.evaluate("(one) => one.scrollIntoView({block: 'center'})")


async def _create_board(page: Page, _: dict[str, Any]) -> None:
    await page.get_by_role("button", name="Create a board").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Preset").select_option("Lap time")
    await form.get_by_role("button", name="Add a tiebreaker").click()
    tiebreaker = form.get_by_role("group", name="Tiebreaker 1")
    await tiebreaker.get_by_label("Name of the number").fill("deaths")
    await tiebreaker.get_by_label("Greatest number").fill("999")
    await form.get_by_role("button", name="Add a feed").click()
    feed = form.get_by_role("group", name="Feed 1")
    await feed.get_by_label("Fed board").select_option("Coins of the stages")
    await feed.get_by_label("Number that counts").fill("coins")
    await feed.evaluate("(group) => group.scrollIntoView({block: 'end'})")


PAGES: dict[str, tuple[str, Act]] = {
    "leaderboard": ("", _look),
    "rank": ("#/?rank=50000", _look),
    "board": ("#/?board=laps", _look),
    "player": (f"#/player/{HERO}", _look),
    "history": (f"#/player/{HERO}", _look_at_history),
    "segment": ("#/?board=nations&segment=country:FI", _choose_segment),
    "friends": ("#/friends", _befriend),
    "challenge": ("#/friends?board=laps", _show_challenge),
    "awards": (f"#/player/{HERO}?board=sprints", _show_awards),
    "tournament": ("#/?board=cup", _show_tournament),  # the player was chosen on the previous page
    "league": (f"#/player/{HERO}?board=league", _scroll_to_league),
    "ranks": (f"#/player/{HERO}?board=climb", _look_at_ranks),
    "team": (f"#/player/{TEAM}?board=squads", _look_at_team),
    "widget": ("embed?board=laps&limit=8", _embed),
    "lost": ("#/nowhere", _look),
    "submit": ("#/submit", _submit),
    "console": ("#/console", _sign_in),
    "console-boards": ("#/console/boards", _list_boards),
    "console-players": ("#/console/players", _find_player),
    "console-teams": ("#/console/teams", _open_team),
    "console-moderation": (f"#/console/moderation?board=laps&player={HERO}", _moderate),
    "console-entries": ("#/console/moderation?board=laps", _list_entries),
    "console-awards": ("#/console/awards", _list_awards),
    "console-endpoints": ("#/console/endpoints", _look_at("Event endpoints")),
    "console-form": ("#/console/boards", _create_board),
    "console-activity": ("#/console/activity?board=laps", _watch_scores),
    "console-imports": ("#/console/imports", _preview_import),
    "console-people": ("#/console/people", _look_at("People")),
    "console-keys": ("#/console/keys", _look_at("Keys")),
    "console-audit": ("#/console/audit", _look_at("Audit log")),
}
"""Address of each page, and the actions on it. One window visits the pages in this order."""
