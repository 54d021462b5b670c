"""Measurement of the page's budget on a board of a million players: first load, DOM nodes, memory, response time.

    python -m tests.browser.budget --players 1000000 --out docs/performance/results/page.json

Starts a new product in a temporary directory. With --data-dir, the measurement uses the data of an earlier run and
keeps these data. Opens the built site in Chromium, submits scores and scrolls through all ranks several times. Then
uses every control while the processor is slowed down, on a page opened anew each time. Prints the measurements with
their upper bounds, and fails if a measurement exceeds its bound.
"""

import asyncio
import re
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import httpx
import typer
from playwright.async_api import BrowserContext, CDPSession, Page, expect
from rich.console import Console
from rich.table import Table

from benchmarks.bench import product, step
from benchmarks.report import about, write
from tests.browser.chromium import SITE, chromium, context

OVERTAKEN = 20
LAPS = 6
STOPS = 40
"""Number of ranks, spread over the whole board, at which the page is measured in each of the `LAPS`."""
SLOWER = 4
"""Factor of the processor's slowdown while the controls are used."""
ROUNDS = 5
"""Number of times that the page is opened anew to use its controls. The medians hide bursts of other load."""
REGION = "[role=region][tabindex='0']"

_COMPRESSED = """() => {
    const [idle] = performance.getEntriesByName('preload');
    return performance.getEntriesByType('resource')
        .filter(({name, startTime}) => name.endsWith('.js') && startTime < (idle?.startTime ?? Infinity))
        .reduce((sum, {encodedBodySize}) => sum + encodedBodySize, 0);
}"""
"""Script that returns the compressed bytes of the first load's JavaScript.

The first load ends when the idle browser begins to load the other pages.
"""
_OBSERVE = """() => {
    window.responses = {};
    new PerformanceObserver((list) => {
        for (const {interactionId, name, duration} of list.getEntries()) {
            const known = window.responses[interactionId];
            if (interactionId && !(known?.duration >= duration)) window.responses[interactionId] = {name, duration};
        }
    }).observe({type: 'event', durationThreshold: 16, buffered: true});
}"""
_SLOWEST = """() => {
    const durations = Object.values(window.responses).map(({duration}) => duration);
    window.responses = {};
    return Math.max(0, ...durations);
}"""
"""Script that returns the slowest response (ms) since its last call. Responses below 16 ms count as 0."""
_FRIEND = re.compile("^(Add friend|Friend)$")
_PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass(frozen=True, slots=True)
class Line:
    """Measured value and its upper bound."""

    what: str
    measured: float
    budget: float
    unit: str

    @property
    def holds(self) -> bool:
        return self.measured <= self.budget


def main(
    players: Annotated[int, typer.Option(help="Players on the board.")] = 1_000_000,
    data_dir: Annotated[Path | None, typer.Option(help="Use, and keep, this data directory.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure the page on this machine."""
    with ExitStack() as stack:
        directory = data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-budget-")))
        facts = stack.enter_context(product(directory, ["--site", str(SITE)]))
        step("populate", ["populate", "--users", str(players), "--sessions", str(players)], directory)
        lines, more = asyncio.run(measure(facts, players))
    write({**about("tests.browser.budget"), "players": players, **more, "lines": [asdict(line) for line in lines]}, out)
    Console().print(table(lines, players))
    if not all(line.holds for line in lines):
        raise typer.Exit(1)


async def measure(facts: dict[str, Any], players: int) -> tuple[list[Line], dict[str, Any]]:
    """Return the measured values with their upper bounds, and the raw measurements."""
    async with chromium() as browser:
        window = await context(browser)
        page = await window.new_page()
        await page.goto(facts["web"])
        await expect(page.get_by_role("list", name="The first three")).to_be_visible()
        await page.wait_for_load_state("networkidle")
        first_load = await page.evaluate(_COMPRESSED)
        seen = await follow(page, facts)
        session = await window.new_cdp_session(page)
        laps = await scroll(page, session, players)
        rounds = [await first_use(window, facts, players) for _ in range(ROUNDS)]
    used = [lap["heap_mb"] for lap in laps]
    responses = {name: [of_round[name] for of_round in rounds] for name in rounds[0]}
    slowest = max(map(median, responses.values()))
    lines = [
        Line("JavaScript of the first load, compressed", first_load / 1000, 150, "kB"),
        Line("a submission to be on the open page", max(seen) * 1000, 2000, "ms"),
        Line("DOM nodes while scrolling", max(lap["nodes"] for lap in laps), 2000, ""),
        Line("memory that laps after the second added", max(used[2:]) - used[1], 2, "MB"),
        Line(f"slowest interaction to the next paint (median), processor {SLOWER} times slower", slowest, 100, "ms"),
    ]
    return lines, {"seen_s": seen, "laps": laps, "responses_ms": responses}


async def follow(page: Page, facts: dict[str, Any]) -> list[float]:
    """Make players take the lead, one after another. Return, for each, the seconds until the page shows the leader."""
    leader = page.get_by_role("list", name="The first three").get_by_role("link").first
    seen = []
    headers = {"Authorization": f"Bearer {facts['submit_key']}"}
    async with httpx.AsyncClient(base_url=facts["api"], headers=headers) as api:
        for user_id in range(1, OVERTAKEN + 1):
            name = (await api.get(f"/api/users/{user_id}")).raise_for_status().json()["username"]
            [first] = (await api.get("/api/leaderboard/top?limit=1")).raise_for_status().json()["entries"]
            begin = time.perf_counter()
            (await api.post("/api/scores", json={"user_id": user_id, "score": first["score"] + 1})).raise_for_status()
            await expect(leader).to_have_text(name)
            seen.append(round(time.perf_counter() - begin, 3))
    return seen


async def scroll(page: Page, session: CDPSession, players: int) -> list[dict[str, float]]:
    """Scroll through all ranks several times: move the slider to each stop, and turn the mouse wheel there."""
    region = page.locator(REGION)
    laps = []
    for lap in range(LAPS):
        nodes = 0
        for stop in range(STOPS):
            row = round((players - 1) * (stop + lap / LAPS) / STOPS)  # each lap stops at other ranks
            await page.locator("input[type=range]").fill(str(row))
            await region.hover()
            await page.mouse.wheel(0, 640)
            await expect(region.get_by_role("link").first).to_be_visible()
            nodes = max(nodes, await page.evaluate("document.querySelectorAll('*').length"))
        await session.send("HeapProfiler.collectGarbage")
        heap = await session.send("Runtime.getHeapUsage")
        laps.append({"nodes": nodes, "heap_mb": round(heap["usedSize"] / 1e6, 2)})
    return laps


async def first_use(window: BrowserContext, facts: dict[str, Any], players: int) -> dict[str, float]:
    """Open the page anew with a slower processor, and return the response times of its controls."""
    page = await window.new_page()
    await page.goto(facts["web"])
    await page.wait_for_load_state("networkidle")
    session = await window.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    responses = await use(page, players)
    await page.close()
    return responses


async def use(page: Page, players: int) -> dict[str, float]:
    """Use the page's controls. Return, by action, the time (ms) of the slowest response to a key or click."""
    await page.evaluate(_OBSERVE)
    region = page.locator(REGION)
    actions: dict[str, Callable[[], Any]] = {
        "select Go to rank": lambda: page.get_by_label("Go to rank").click(),
        "type a rank": lambda: page.keyboard.type(str(players // 2)),
        "go to the rank": lambda: page.keyboard.press("Enter"),
        "click the list": lambda: region.click(position={"x": 400, "y": 10}),
        "PageDown": lambda: page.keyboard.press("PageDown"),
        "Home": lambda: page.keyboard.press("Home"),
        "End": lambda: page.keyboard.press("End"),
        "open the settings": lambda: page.get_by_role("button", name="Settings").click(),
        "close the settings": lambda: page.keyboard.press("Escape"),
        "select the search": lambda: page.get_by_role("combobox", name="Find a player").click(),
        "type a name": lambda: page.keyboard.type("amber", delay=40),
        "open a player": page.get_by_role("listbox", name="Players").get_by_role("option").first.click,
        "show the numbers": lambda: page.get_by_text("Show the numbers").click(),
        "add or remove a friend": lambda: page.get_by_role("button", name=_FRIEND).click(),
        "open Friends": lambda: page.get_by_role("link", name="Friends").click(),
        "open the leaderboard": lambda: page.get_by_role("link", name="Leaderboard").click(),
    }
    slowest = {}
    for name, act in actions.items():
        await act()
        await page.evaluate(_PAINTED)
        await page.wait_for_load_state("networkidle")
        slowest[name] = await page.evaluate(_SLOWEST)
    return slowest


def table(lines: list[Line], players: int) -> Table:
    """Return the measured values and their upper bounds as a table."""
    shown = Table("", "measured", "budget", "", title=f"The page on a board of {players:,} players")
    for line in lines:
        mark = "[green]holds[/]" if line.holds else "[red]over[/]"
        shown.add_row(line.what, f"{line.measured:,.4g} {line.unit}", f"{line.budget:,g} {line.unit}", mark)
    return shown


if __name__ == "__main__":
    typer.run(main)
