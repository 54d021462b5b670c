"""Delay of the widget: from the response to a submission until `/embed` shows the change, in Chromium.

    make site && python -m benchmarks.widget --out docs/performance/results/widget.json

The page records the time of each change. Page and sender use the clock of the same machine.
"""

import asyncio
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from playwright.async_api import Page
from rich.console import Console
from rich.table import Table

from benchmarks.bench import product
from benchmarks.report import about, quartiles, write
from tests.browser.chromium import SITE, chromium, context

BOARD = "laps"
PLAYER = 1
MAX_MS = 10_000
"""Longest wait for a change in ms. If a change takes longer, the benchmark fails."""
_NOTE = """() => {
    const note = () => {
        const text = document.querySelector('leader-board').shadowRoot.querySelector('tbody')?.textContent ?? '';
        window.changes.push([text, performance.timeOrigin + performance.now()]);
    };
    window.changes = [];
    note();
    const shown = {subtree: true, childList: true, characterData: true};
    new MutationObserver(note).observe(document.querySelector('leader-board').shadowRoot, shown);
}"""
_SHOWN = "(text) => window.changes.find(([shown]) => shown.includes(text))?.[1]"


def main(
    submissions: Annotated[int, typer.Option(help="Number of submissions, at least twenty.", min=20)] = 200,
    pause: Annotated[float, typer.Option(help="Longest pause between submissions in s.")] = 0.5,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure the widget on this machine."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-widget-")))
        facts = stack.enter_context(product(folder, ["--site", str(SITE)]))
        delays = asyncio.run(measured(facts, submissions, pause))
    ordered = sorted(delays)
    summary = {
        "quartiles_ms": quartiles(delays),
        "p95_ms": ordered[len(ordered) * 95 // 100],
        "p99_ms": ordered[len(ordered) * 99 // 100],
        "longest_ms": ordered[-1],
    }
    report = {**about("benchmarks.widget"), "submissions": submissions, **summary, "delays_ms": delays}
    Console().print(table(report))
    write(report, out)


async def measured(facts: dict[str, Any], submissions: int, pause_s: float) -> list[float]:
    """Return the delay of each submission in ms, in their order."""
    headers = {"Authorization": f"Bearer {facts['admin_key']}"}
    async with httpx.AsyncClient(base_url=facts["api"], headers=headers) as client, chromium() as browser:
        (await client.post("/api/boards", json={"board": BOARD, "policy": "latest"})).raise_for_status()
        (await client.post("/api/users", json={"user_id": PLAYER, "username": "Ada"})).raise_for_status()
        await submitted(client, 100_000)
        page = await (await context(browser)).new_page()
        await page.goto(f"{facts['api']}/embed?board={BOARD}&limit=3")
        await page.locator("leader-board tbody tr").first.wait_for()
        await page.evaluate(_NOTE)
        delays = []
        for number in range(submissions):
            score = 100_001 + number
            acknowledged = await submitted(client, score)
            delays.append(round(await shown_at(page, f"{score:,}") - acknowledged, 1))
            # Vary the pauses. If all pauses were equal, all submissions could meet the same phase of a periodic task.
            await asyncio.sleep(pause_s * (number * 7 % 10) / 10)
        return delays


async def submitted(client: httpx.AsyncClient, score: int) -> float:
    """Submit a score. Return the time of the response in ms since 1970."""
    body = {"user_id": PLAYER, "score": score}
    (await client.post(f"/api/boards/{BOARD}/scores", json=body)).raise_for_status()
    return time.time() * 1000


async def shown_at(page: Page, text: str) -> float:
    """Return when the page showed a text, in ms since 1970."""
    handle = await page.wait_for_function(_SHOWN, arg=text, timeout=MAX_MS)
    return float(await handle.json_value())


def table(report: dict[str, Any]) -> Table:
    """Return the figures as a table."""
    shown = Table("submissions", "median, ms", "95 %, ms", "99 %, ms", "longest, ms")
    figures = [report["quartiles_ms"][1], *(report[name] for name in ("p95_ms", "p99_ms", "longest_ms"))]
    shown.add_row(str(report["submissions"]), *(f"{figure:,.0f}" for figure in figures))
    return shown


if __name__ == "__main__":
    typer.run(main)
