"""The widget: small, accessible, live, without layout shifts, without API keys, and inside pages of other origins."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import FrameLocator, Page, expect

from tests.acceptance.api_fixtures import ADMIN_KEY, Served
from tests.browser.axe import FRONTEND
from tests.browser.conftest import Open
from tests.browser.static import serving

MAX_BYTES = 15_000
_SHIFT = """() => new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => list.getEntries().forEach(({value}) => { sum += value; }))
        .observe({type: 'layout-shift', buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
})"""
_AXE = """() => axe.run(document, {runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}})"""


@pytest.fixture(scope="module")
async def board(product: Served) -> str:
    """Board of lap times with two players."""
    settings = {"board": "widget", "name": "Laps <b>today</b>", "policy": "best", "order": "asc", "unit": "ms"}
    assert (await product.post("/api/boards", settings, ADMIN_KEY)).status_code == 201
    for user_id, name in ((70_001, "Ada <i>"), (70_002, "Łukasz")):
        await product.post("/api/users", {"user_id": user_id, "username": name})
        await submit(product, user_id, 61_250 + user_id)
    return "widget"


async def submit(product: Served, user_id: int, score: int) -> None:
    answer = await product.post("/api/boards/widget/scores", {"user_id": user_id, "score": score})
    assert answer.status_code == 200


def cells(page: Page | FrameLocator, line: int) -> Any:
    return page.locator("leader-board tbody tr").nth(line).locator("td")


def test_the_script_is_small(site: Path) -> None:
    assert len(gzip.compress((site / "leader-board.js").read_bytes())) <= MAX_BYTES


@pytest.mark.parametrize(
    ("colours", "leader", "score", "shown"),
    [("light", 70_002, 60_000, ["1", "Łukasz", "1:00.000"]), ("dark", 70_001, 59_000, ["1", "Ada <i>", "0:59.000"])],
)
async def test_it_is_live_accessible_and_does_not_shift(
    product: Served, board: str, open_page: Open, colours: str, leader: int, score: int, shown: list[str]
) -> None:
    page = await open_page(f"{product.url}/embed?board={board}&limit=3", colours=colours)
    await expect(page.locator("leader-board caption span")).to_have_text("Laps <b>today</b>")
    await expect(cells(page, 1)).not_to_have_text(["", "", ""])
    await submit(product, leader, score)
    await expect(cells(page, 0)).to_have_text(shown)
    await expect(cells(page, 2)).to_have_text(["", "", ""])
    assert await page.evaluate(_SHIFT) == 0
    await page.evaluate((FRONTEND / "node_modules/axe-core/axe.min.js").read_text())
    found: Mapping[str, Any] = await page.evaluate(_AXE)
    assert [broken["id"] for broken in found["violations"]] == []
    await page.close()


async def test_the_first_board_has_a_general_heading_until_it_has_a_name(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/embed?limit=1")
    await expect(page.locator("leader-board caption span")).to_have_text("Leaderboard")


async def test_the_form_for_streamers_has_a_transparent_ground(product: Served, board: str, open_page: Open) -> None:
    page = await open_page(f"{product.url}/embed?board={board}&limit=2&obs&heading=Today")
    await expect(page.locator("leader-board caption span")).to_have_text("Today")
    grounds = "[document.documentElement, document.body, document.querySelector('leader-board')]"
    colours = await page.evaluate(f"{grounds}.map((element) => getComputedStyle(element).backgroundColor)")
    assert set(colours) == {"rgba(0, 0, 0, 0)"}
    await page.close()


async def test_another_page_frames_it_and_no_request_has_a_key(
    product: Served, board: str, open_page: Open, tmp_path: Path
) -> None:
    frame = f'<iframe src="{product.url}/embed?board={board}" width=400 height=500></iframe>'
    (tmp_path / "team.html").write_text(f"<!doctype html><title>team</title>{frame}")
    keys: list[str] = []
    with serving(tmp_path) as team:
        page = await open_page("about:blank")
        page.on("request", lambda request: keys.extend(name for name in request.headers if name == "authorization"))
        await page.goto(f"{team}/team.html")
        await expect(cells(page.frame_locator("iframe"), 0)).not_to_have_text(["", "", ""])
        await page.close()
    assert keys == []
    headers = (await product.get("/embed")).headers
    assert "frame-ancestors *" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in (await product.get("/")).headers["content-security-policy"]
