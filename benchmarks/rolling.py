"""Rolling upgrade: processes of another version and of this one on the same database and index.

    git worktree add --detach ../before 0116450
    python -m benchmarks.rolling ../before --out docs/performance/results/rolling.json

Starts the other version, migrates its database with this version, and starts an API process of this version beside it.
Clients submit scores and open the web page all the time: first at the other version, then at both versions, then at
this version, and finally at the other version again, as if the upgrade were withdrawn. Checks every score at the end,
and lets both versions verify the index.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.bench import START_S, product, step
from benchmarks.report import about, write
from leaderforge.embedded.ports import free_port
from leaderforge.embedded.waiting import wait_until

HERE = Path(__file__).parents[1]
CLIENTS = 4
RANK = "/api/leaderboard/rank"
SAMPLE = 500
"""Maximum number of players who submit."""
PAGE = "<!doctype html><title>The page</title>"
PAGE_PAUSE_S = 0.1
"""Time in s between the loads of the page by one client."""


@dataclass
class Load:
    """Clients of one API that submit scores of 1 without a pause, and one client that opens the web page."""

    url: str
    key: str
    players: Sequence[int]
    acknowledged: Counter[int] = field(default_factory=Counter)
    pages: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0
    is_stopped: bool = False

    async def run(self) -> None:
        """Submit, and open the page, until `is_stopped`."""
        headers = {"Authorization": f"Bearer {self.key}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=START_S) as client:
            await asyncio.gather(self._open_page(client), *(self._submit(client) for _ in range(CLIENTS)))

    async def _open_page(self, client: httpx.AsyncClient) -> None:
        while not self.is_stopped:
            response = await client.get("/", headers={"Accept": "text/html"})
            if response.is_success and response.text == PAGE:
                self.pages += 1
            else:
                self.failures[f"{response.status_code} page"] += 1
            await asyncio.sleep(PAGE_PAUSE_S)

    async def _submit(self, client: httpx.AsyncClient) -> None:
        while not self.is_stopped:
            user_id = random.choice(self.players)
            started = time.perf_counter()
            response = await client.post("/api/scores", json={"user_id": user_id, "score": 1})
            self.longest_s = max(self.longest_s, time.perf_counter() - started)
            if response.is_success:
                self.acknowledged[user_id] += 1
            else:
                self.failures[f"{response.status_code} {response.json()['error']['code']}"] += 1

    def report(self) -> dict[str, Any]:
        """Return the figures of all requests. `longest_ms` is the time of the slowest submission."""
        return {
            "accepted": self.acknowledged.total(),
            "pages": self.pages,
            "failures": dict(self.failures),
            "longest_ms": round(self.longest_s * 1000, 1),
        }


def main(
    before: Annotated[Path, typer.Argument(help="A checkout of the version to upgrade from.")],
    players: Annotated[int, typer.Option(help="Players to populate, who played twice each.")] = 100_000,
    seconds: Annotated[float, typer.Option(help="Seconds of each phase.")] = 10.0,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Upgrade a running product, and go back."""
    tree = before.resolve()
    with tempfile.TemporaryDirectory(prefix="leaderforge-rolling-") as name:
        directory, site = Path(name, "product"), Path(name, "site")
        site.mkdir()
        site.joinpath("index.html").write_text(PAGE)
        with product(directory, ["--site", str(site)], tree) as facts:
            step("populate", ["populate", "--users", str(players), "--sessions", str(2 * players)], directory, tree)
            rolled = asyncio.run(upgraded(facts, directory, range(1, players // 2), seconds))
            verified = {version: verify(directory, of) for version, of in {"before": tree, "now": HERE}.items()}
    report = {**about("benchmarks.rolling"), "players": players, "seconds": seconds, **rolled, "verified": verified}
    Console().print(table(report))
    write(report, out)
    if report["wrong_scores"] or not all(verified.values()) or any(of["failures"] for of in report["phases"].values()):
        raise typer.Exit(1)


async def upgraded(facts: dict[str, Any], directory: Path, players: Sequence[int], seconds: float) -> dict[str, Any]:
    """Run all phases. Return the figures of each, and the number of players whose score is wrong at the end."""
    sample = random.Random(1).sample(players, min(SAMPLE, len(players)))
    before = await scores(facts["api"], sample)
    phases: dict[str, Load] = {}
    async with loaded(phases, "before: alone, and migrated", facts["api"], facts, sample):
        await asyncio.sleep(seconds)
        await asyncio.to_thread(step, "migrate", ["migrate"], directory)
        await asyncio.sleep(seconds)
    with present_api(facts, directory.parent / "site") as url:
        async with loaded(phases, "now: side by side", url, facts, sample):
            async with loaded(phases, "before: side by side", facts["api"], facts, sample):
                await asyncio.sleep(seconds)
            async with loaded(phases, "now: alone", url, facts, sample):
                await asyncio.sleep(seconds)
    async with loaded(phases, "before: gone back", facts["api"], facts, sample):
        await asyncio.sleep(seconds)
    counted = sum((load.acknowledged for load in phases.values()), Counter(before))
    after = await scores(facts["api"], sample)
    wrong = sum(after[user_id] != counted[user_id] for user_id in sample)
    return {"phases": {name: load.report() for name, load in phases.items()}, "wrong_scores": wrong}


@asynccontextmanager
async def loaded(
    phases: dict[str, Load], name: str, url: str, facts: dict[str, Any], players: Sequence[int]
) -> AsyncIterator[None]:
    """Load an API during the block."""
    load = phases[name] = Load(url, facts["submit_key"], players)
    running = asyncio.create_task(load.run())
    try:
        yield
    finally:
        load.is_stopped = True
        await running


async def scores(url: str, players: Sequence[int]) -> dict[int, int]:
    """Return the scores of the players."""
    async with httpx.AsyncClient(base_url=url, timeout=START_S) as client:
        return {user_id: (await client.get(f"{RANK}/{user_id}")).json()["score"] for user_id in players}


@contextmanager
def present_api(facts: dict[str, Any], site: Path) -> Iterator[str]:
    """Run an API of this version with the web page, on a running product's database and index. Yield its URL."""
    port = free_port()
    variables = {
        "PYTHONPATH": f"{HERE / 'shared'}{os.pathsep}{HERE}",
        "LEADERFORGE_POSTGRES_DSN": facts["postgres"],
        "LEADERFORGE_REDIS_NODES": ",".join(facts["redis"]),
        "LEADERFORGE_SUBMIT_KEYS": facts["submit_key"],
        "LEADERFORGE_PORT": str(port),
        "LEADERFORGE_WEB_DIRECTORY": str(site),
        "LEADERFORGE_LOG_LEVEL": "error",
    }
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([sys.executable, "-m", "functions.local"], env={**os.environ, **variables})
    try:
        wait_until(lambda: is_healthy(url), START_S, "the API of this version")
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(START_S)


def is_healthy(url: str) -> bool:
    """Return whether the API answers and reports that all its parts work."""
    try:
        return bool(httpx.get(f"{url}/api/health").json()["status"] == "ok")
    except httpx.TransportError:
        return False


def verify(directory: Path, tree: Path) -> bool:
    """Return whether a version finds no difference between the index and the database."""
    environment = {**os.environ, "PYTHONPATH": f"{tree / 'shared'}{os.pathsep}{tree}"}
    command = [sys.executable, "-m", "leaderforge", "verify", "--data-dir", str(directory)]
    return subprocess.run(command, check=False, env=environment).returncode == 0


def table(report: dict[str, Any]) -> Table:
    """Return the figures of the phases as a table."""
    title = f"{report['players']:,} players; wrong scores: {report['wrong_scores']}; verified: {report['verified']}"
    shown = Table("phase", "accepted", "pages", "failed", "longest ms", title=title)
    for name, of_phase in report["phases"].items():
        failed = str(sum(of_phase["failures"].values()))
        shown.add_row(
            name, f"{of_phase['accepted']:,}", str(of_phase["pages"]), failed, f"{of_phase['longest_ms']:.0f}"
        )
    return shown


if __name__ == "__main__":
    typer.run(main)
