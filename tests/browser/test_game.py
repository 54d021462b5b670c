"""The sample game at /play: by keyboard and touch, with scores that survive an outage of the network."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY
from tests.browser.axe import FRONTEND
from tests.browser.chromium import context
from tests.tokens import SIGNING, TOKENS

ROOT = Path(__file__).parents[2]
_AXE = """() => axe.run(document, {runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}})"""
_RULES = """async () => {
    const { HEIGHT, Meteors, WIDTH } = await import('/play/meteors.js')
    const body = (isStar, x) => ({ x, y: HEIGHT - 50, radius: 10, speed: 0, isStar })
    const game = new Meteors(() => 0.9)
    game.bodies = [body(true, WIDTH / 2), body(false, 20)]
    game.step(0.01, 0)
    const afterStar = [game.score, game.isOver, game.bodies.length]
    game.step(2, -1)
    const atWall = game.ship.x
    return [afterStar, atWall, game.isOver, new Meteors().score]
}"""


@pytest.fixture(scope="module")
async def playground(valkey: Any, postgres: Any, site: Path, tmp_path_factory: Any) -> AsyncIterator[Served]:
    """Service with the site and the board of the game. The site contains the game, as `make game` copies it."""
    folder = tmp_path_factory.mktemp("play") / "site"
    shutil.copytree(site, folder, ignore=lambda _, names: {"play"} & set(names))
    shutil.copytree(ROOT / "examples" / "game", folder / "play")
    shutil.copytree(ROOT / "sdk" / "typescript" / "dist", folder / "play" / "leaderforge-client")
    settings = environment(
        valkey.addresses,
        await new_database(postgres.dsn),
        LEADERFORGE_WEB_DIRECTORY=str(folder),
        **TOKENS,
        **SIGNING,
    )
    async with served(settings) as api:
        await api.until_healthy()
        board = {"board": "play", "policy": "best", "open_to_players": True, "max_score": 100_000}
        assert (await api.post("/api/boards", board, ADMIN_KEY)).status_code == 201
        yield api


async def lose(page: Page) -> int:
    """Start a game by the keyboard, fly to the left wall, and return the score when a meteor has hit the ship."""
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("The game runs.")
    await page.keyboard.down("ArrowLeft")
    await expect(page.get_by_role("status")).to_contain_text("Hit.")
    await page.keyboard.up("ArrowLeft")
    text = await page.get_by_role("status").inner_text()
    [score] = re.findall(r"Your score is (\d+)", text)
    return int(score)


async def test_a_game_by_keys_is_counted_also_after_an_outage(playground: Served, browser: Browser) -> None:
    window = await context(browser)
    page = await window.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(f"{playground.url}/play")
    await page.get_by_label("Your name").fill("Keyboard Kim")
    first = await lose(page)
    await expect(page.get_by_role("status")).to_contain_text("You are on rank 1.")
    line = page.locator("#board li[aria-current]")
    await expect(line).to_contain_text("Keyboard Kim")
    await expect(line.locator("span")).to_have_text(str(first))
    await page.evaluate((FRONTEND / "node_modules/axe-core/axe.min.js").read_text())
    assert [broken["id"] for broken in (await page.evaluate(_AXE))["violations"]] == []

    await window.set_offline(True)
    second = await lose(page)
    await expect(page.get_by_role("status")).to_contain_text("It is sent when the service can be reached.")
    await expect(page.locator("#waiting")).to_have_text("Scores that wait for the network: 1")
    await window.set_offline(False)
    await expect(page.locator("#board li[aria-current] span")).to_have_text(str(max(first, second)))
    [entry] = (await playground.get("/api/boards/play/top")).json()["entries"]
    assert (entry["username"], entry["score"]) == ("Keyboard Kim", max(first, second))
    assert errors == []
    await window.close()


async def test_rules_and_touch(playground: Served, browser: Browser) -> None:
    window = await context(browser)
    page = await window.new_page()
    await page.goto(f"{playground.url}/play/")
    after_star, at_wall, is_over, fresh = await page.evaluate(_RULES)
    assert after_star == [25, False, 1]
    assert at_wall == 14
    assert is_over is True
    assert fresh == 0
    target = """async () => {
        const { Controls } = await import('/play/controls.js')
        const canvas = document.querySelector('canvas')
        const controls = new Controls(canvas)
        const clientX = canvas.getBoundingClientRect().x + 9
        const event = (name) => canvas.dispatchEvent(new PointerEvent(name, { clientX }))
        event('pointerdown')
        const touched = controls.target
        event('pointerup')
        return [touched, controls.target]
    }"""
    touched, released = await page.evaluate(target)
    assert touched is not None
    assert 0 <= touched <= 20
    assert released is None
    await window.close()
