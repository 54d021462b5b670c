"""Cost of options of submissions, in one run: external ids, parts of receipts that are returned on request, events.

    python -m benchmarks.receipts --out docs/performance/results/receipts.json
    LEADERFORGE_CACHED_PLAYERS=0 python -m benchmarks.receipts --only submit_external --out ...

The second command measures external ids that are looked up in the database each time. With the first command, they come
from the API's cache, which has stored them when the players were created.

Starts a new product and loads it with submissions with and without these options, in many short rounds. Other load on
the machine varies. Therefore each scenario is measured directly before or after the same scenario without options, and
the ratios of these pairs are reported, as medians with quartiles. Processor time is the sum of API, database and index.
"""

import asyncio
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from itertools import product as product_of
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.bench import loaded, product, settle, step
from benchmarks.report import about, finish, quartiles
from benchmarks.requests import external_id

PAIRS = {
    "submit_external": "submit",
    "submit_previous": "submit",
    "batch_previous": "batch",
    "ranks_all": "periods",
    "periods_previous": "periods",
    "submit_sent": "submit_unsent",
}
"""Scenarios with options, and the same scenarios without them."""
A_REQUEST = 500
"""Number of players that one request creates."""
BOARDS: tuple[dict[str, Any], ...] = (
    {"board": "periods", "name": "Periods", "periods": ["all-time", "daily", "weekly"]},
    {"board": "unsent", "name": "Unsent"},
    {"board": "sent", "name": "Sent", "events": ["score.improved"]},
)

WARMUP_S = 0.5
"""Duration of a warm-up in s. It is short, because the product is busy all the time."""

Samples = dict[str, dict[str, list[dict[str, Any]]]]
"""Measurements without and with options, one per round, by the scenario with options."""


def main(
    players: Annotated[int, typer.Option(help="Players to populate, who played twice each.")] = 200_000,
    connections: Annotated[int, typer.Option(help="Connections kept busy.")] = 64,
    rounds: Annotated[int, typer.Option(help="How often each pair is measured, at least twice.", min=2)] = 24,
    seconds: Annotated[float, typer.Option(help="Seconds a measurement.")] = 2,
    batch: Annotated[int, typer.Option(help="Submissions in a batch.")] = 500,
    only: Annotated[
        list[str] | None, typer.Option(help="Measure only these scenarios, each with its plain one.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure receipts on this machine."""
    console = Console()
    samples: Samples = {kind: {PAIRS[kind]: [], kind: []} for kind in only or PAIRS}
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-receipts-")))
        facts = stack.enter_context(product(directory, []))
        step("populate", ["populate", "--users", str(players), "--sessions", str(2 * players)], directory)
        for board in BOARDS:
            httpx.post(f"{facts['api']}/api/boards", json=board, headers=_admin(facts)).raise_for_status()
        if "submit_external" in samples:
            create_external_players(facts, players)
        asyncio.run(settle(facts["postgres"]))
        for turn, pair in track(list(product_of(range(rounds), samples.values())), "Measuring", console=console):
            for kind in list(pair) if turn % 2 else list(pair)[::-1]:
                load = partial(loaded, players=players, connections=connections, seconds=seconds, batch=batch)
                pair[kind].append(load(facts, kind, facts["api"], warmup_s=WARMUP_S))
    report = {
        **about("benchmarks.receipts"),
        "players": players, "connections": connections, "seconds": seconds, "batch": batch,
        "ratios": {kind: ratios(*pair.values()) for kind, pair in samples.items()}, "samples": samples,
    }  # fmt: skip
    loads = [result for pair in samples.values() for results in pair.values() for result in results]
    finish(report, table(report), out, loads)


def create_external_players(facts: dict[str, Any], players: int) -> None:
    """Create players with external ids, and submit a score for each. The load then measures no first submissions."""
    with httpx.Client(base_url=facts["api"], headers=_admin(facts), timeout=60) as client:
        for first in track(range(1, players + 1, A_REQUEST), "Creating players with external ids"):
            ids = [external_id(i) for i in range(first, min(first + A_REQUEST, players + 1))]
            users = {"users": [{"external_id": i} for i in ids]}
            client.post("/api/users/batch", json=users).raise_for_status()
            scores = {"submissions": [{"external_id": i, "score": 1} for i in ids]}
            client.post("/api/boards/default/scores/batch", json=scores).raise_for_status()


def _admin(facts: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {facts['admin_key']}"}


def ratios(plain: list[dict[str, Any]], extended: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Return the ratios of the figures of `extended` and `plain`: of the rates, and of the processor times.

    Each ratio is [lower quartile, median, upper quartile].
    """
    rounds = list(zip(plain, extended, strict=True))
    parts = {
        "cpu": ("api", "database", "index"),
        "api_cpu": ("api",),
        "database_cpu": ("database",),
        "index_cpu": ("index",),
    }
    return {
        "rate": quartiles([with_parts["rate"] / without["rate"] for without, with_parts in rounds]),
        **{
            name: quartiles([cpu(with_parts, of) / cpu(without, of) for without, with_parts in rounds])
            for name, of in parts.items()
        },
    }


def cpu(result: dict[str, Any], parts: Iterable[str]) -> int:
    """Return the processor time of a request in these parts of the product, in us. It is at least 1."""
    used: int = sum(result["cpu_us"][part] for part in parts)
    return max(1, used)


def table(report: dict[str, Any]) -> Table:
    """Return the ratios as a table."""
    title = f"With the additional parts / without: medians (quartiles); {report['players']:,} players"
    columns = "requests a second", "processor time a request", "API", "database", "index"
    shown = Table("scenario", *columns, title=title)
    for kind, of_kind in report["ratios"].items():
        shown.add_row(kind, *(f"{middle:.2f} ({low:.2f} to {high:.2f})" for low, middle, high in of_kind.values()))
    return shown


if __name__ == "__main__":
    typer.run(main)
