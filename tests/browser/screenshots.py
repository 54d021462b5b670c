"""Pictures of every page: light and dark, on a desktop and on a phone.

    python -m tests.browser.screenshots

Starts a new product in a temporary directory, fills it with players and their actions, and writes
docs/images/<page>-<device>-<colours>.png.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from io import BytesIO
from math import cos, pi
from pathlib import Path
from random import Random
from typing import Annotated, Any

import asyncpg
import httpx
import typer
from PIL import Image
from playwright.async_api import Browser, expect

from benchmarks.bench import product, step
from tests.browser.chromium import SCHEMES, SITE, SIZES, chromium, context
from tests.browser.picture_competitions import FIRST_RACER, RACERS, SETTINGS, compete
from tests.browser.picture_pages import HERO, NEWCOMERS, PAGES
from tests.browser.picture_past import climb
from tests.browser.picture_teams import form_teams

IMAGES = Path(__file__).parents[2] / "docs" / "images"
COLOURS = 256
"""Number of colours of a picture. This number is enough for text and flat colours, and reduces the file to a third."""

LAPS = {"board": "laps", "name": "Fastest laps", "policy": "best", "order": "asc", "unit": "ms", "min_score": 41_000}
STAGES: tuple[dict[str, Any], ...] = (
    {"board": "stage-coins", "name": "Coins of the stages", "policy": "sum"},
    {"board": "gold", "name": "Gold", "policy": "best", "score_type": "int64"},
    {
        "board": "stages", "name": "Stage times", "policy": "best", "order": "asc", "unit": "ms",
        "tiebreakers": [{"name": "deaths", "order": "asc", "max": 999}],
        "feeds": [{"board": "stage-coins", "number": "coins"}],
    },
)  # fmt: skip
"""Boards with feeds, tiebreakers and 64-bit scores, for the list of boards."""
LAPS_MS = 83_456
CARS = ["Falcon", "Comet", "Lynx", "Borealis"]

CHEAT = {"user_id": 4321, "score": 41_207}
"""Lap of a cheater, hardly slower than the fastest lap that the board accepts."""
PEOPLE = (
    ("ada", "owner", "Ada Okafor"),
    ("grace", "moderator", "Grace Lindqvist"),
    ("miguel", "viewer", "Miguel Santos"),
)
ENDPOINTS = (
    {"url": "https://game.example/leaderforge/events"},
    {"url": "https://chat.example/hooks/laps", "types": ["score.improved", "award.granted"], "boards": ["laps"]},
)
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


def main(
    players: Annotated[int, typer.Option(help="Players of the crowd.")] = 200_000,
    sessions: Annotated[int, typer.Option(help="Submissions of the crowd.")] = 1_000_000,
    only: Annotated[list[str], typer.Option(help="Write the pictures of this page only. Repeat it for several.")] = [],  # noqa: B006 - typer copies it
) -> None:
    """Write the pictures."""
    os.environ.update(SETTINGS)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-pictures-")))
        facts = stack.enter_context(product(directory, ["--site", str(SITE)]))
        step("populate", ["populate", "--users", str(players), "--sessions", str(sessions)], directory)
        live(facts)
        compete(facts, HERO)
        form_teams(facts)
        asyncio.run(past_day(facts["postgres"]))
        asyncio.run(climb(facts, HERO, [FIRST_RACER + number for number in range(len(RACERS))]))
        written = [*asyncio.run(take(facts, only)), *([] if only else [link_preview(facts)])]
    typer.echo(f"{len(written)} pictures, {sum(path.stat().st_size for path in written) / 1e6:.1f} MB")


def live(facts: dict[str, Any]) -> None:
    """Perform actions of players and operators through the API."""
    headers = {"Authorization": f"Bearer {facts['admin_key']}"}
    with httpx.Client(base_url=facts["api"], headers=headers, timeout=60) as api:

        def post(path: str, body: Any) -> Any:
            return api.post(path, json=body).raise_for_status().json()

        for user_id, name in NEWCOMERS.items():
            post("/api/users", {"user_id": user_id, "username": name})
        leaders = api.get("/api/leaderboard/top?limit=8").raise_for_status().json()["entries"]
        for user_id, leader in zip(NEWCOMERS, (leaders[1], leaders[4], leaders[6]), strict=True):
            sessions = parts(leader["score"] + 7)
            post("/api/boards/default/scores/batch", {"submissions": [{"user_id": user_id, **one} for one in sessions]})
        post("/api/boards", {**LAPS, "periods": ["all-time", "weekly"]})
        for board in STAGES:
            post("/api/boards", board)
        runs = [{"user_id": HERO, "score": LAPS_MS + slower} for slower in (9_120, 4_480, 812)]
        post("/api/boards/laps/scores/batch", {"submissions": runs})
        laps = [lap(user_id, place) for place, user_id in enumerate([*NEWCOMERS, *range(1, 400)])]
        post("/api/boards/laps/scores/batch", {"submissions": laps})
        post("/api/boards/laps/scores", CHEAT)
        for name, role, person in PEOPLE:
            post("/api/admin/keys", {"name": name, "role": role, "person": person})
        for name, scope in (("game-server", "submit"), ("dashboard", "read"), ("old-server", "submit")):
            post("/api/admin/keys", {"name": name, "scopes": [scope]})
        post("/api/admin/keys/game-server/rotate", {"overlap_s": 3600})
        api.delete("/api/admin/keys/old-server").raise_for_status()
        post("/api/boards/default/entries/4321/hide", {"reason": "scores that nobody can reach"})
        for endpoint in ENDPOINTS:
            post("/api/admin/endpoints", endpoint)


async def past_day(dsn: str) -> None:
    """Store an invented day of activity of the laps, because the product of the pictures is minutes old."""
    now = int(time.time()) // MINUTE_S * MINUTE_S
    random = Random(1)
    connection = await asyncpg.connect(dsn)
    try:
        board = await connection.fetchval("select board_id from boards where slug = $1", LAPS["board"])
        rows = []
        for minute in range(now - 25 * HOUR_S, now - 2 * MINUTE_S, MINUTE_S):  # maintenance adds the latest minutes
            share = 1 - cos(2 * pi * (minute % DAY_S - 5 * HOUR_S) / DAY_S)  # the fewest players submit at 5 o'clock
            submissions = round(90 + 400 * share + random.randrange(90))
            rows += [(of, minute * 1000, submissions, round(submissions * 0.6)) for of in (0, board)]
        await connection.executemany(
            "insert into activity values ($1, $2, $3, $4) on conflict do nothing",
            rows,
        )
    finally:
        await connection.close()


def link_preview(facts: dict[str, Any]) -> Path:
    """Write the picture of a player's link preview, as the server draws it, and return its path."""
    path = IMAGES / "link-preview.png"
    query = {"board": "laps", "player": HERO}
    path.write_bytes(httpx.get(f"{facts['web']}preview.png", params=query).raise_for_status().content)
    return path


def parts(score: int) -> list[dict[str, Any]]:
    """Return sessions of the last three weeks that add up to a score."""
    begin = datetime.now(UTC) - timedelta(days=21)
    shares = [3, 5, 2, 9, 1, 4, 12, 6]
    made = [
        {"score": score * share // sum(shares), "achieved_at": (begin + timedelta(days=2.6 * at)).isoformat()}
        for at, share in enumerate(shares)
    ]
    rest = score - sum(one["score"] for one in made)
    return [*made, {"score": rest, "metadata": {"level": 40, "hero": "Rogue"}}]


def lap(user_id: int, place: int) -> dict[str, Any]:
    """Return an invented lap of a player. The lap is slower for a larger `place`."""
    metadata = {"car": CARS[user_id % len(CARS)], "track": "Ring"}
    return {"user_id": user_id, "score": LAPS_MS + place * 137 + user_id % 89, "metadata": metadata}


async def take(facts: dict[str, Any], only: Sequence[str]) -> list[Path]:
    """Take the pictures of all pages, or of the pages `only`. Return the paths of the pictures."""
    written = []
    async with chromium() as browser:
        for device, size in SIZES.items():
            for colours in SCHEMES:
                written += [path async for path in visit(browser, facts, device, size, colours, only)]
    return written


async def visit(
    browser: Browser, facts: dict[str, Any], device: str, size: tuple[int, int], colours: str, only: Sequence[str]
):
    """Visit all pages, or some of them, in one window, in order, and take their pictures."""
    window = await context(browser, size, colours)
    page = await window.new_page()
    # A page of the console needs the sign-in, which happens on the page `console`.
    needed = {*only, *("console" for name in only if name.startswith("console-"))}
    for name, (address, act) in PAGES.items():
        if only and name not in needed:
            continue
        if name.startswith("console-"):
            await page.evaluate("(hash) => { location.hash = hash }", address)  # a new load would lose the key
        else:
            await page.goto(facts["web"] + address)
        await act(page, facts)
        if only and name not in only:
            continue
        await page.evaluate("document.fonts.ready")
        await page.wait_for_load_state("networkidle")
        await expect(page.locator(".animate-pulse-soft")).to_have_count(0)
        await page.mouse.move(0, 0)
        await page.evaluate("Promise.allSettled(document.getAnimations().map(({ finished }) => finished))")
        path = IMAGES / f"{name}-{device}-{colours}.png"
        picture = Image.open(BytesIO(await page.screenshot())).convert("RGB")
        picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        yield path
    await window.close()


if __name__ == "__main__":
    typer.run(main)
