"""The mixed load: 70 % submissions, 20 % top ten, 10 % a player's rank, at a fixed rate of arrival.

    python -m benchmarks.mixed --out docs/performance/results/mixed.json

Finds the product's maximum rate with a closed loop, then sends requests at shares of this rate in an open loop: see
`open_loop`. All submissions request the exact rank. Starts a new product, or uses the data in --data-dir.
"""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.bench import product, settle, step
from benchmarks.closed_loop import Latency
from benchmarks.open_loop import Outcome, busy_loop, open_loop
from benchmarks.report import about, write
from benchmarks.requests import requests_of

MIX = {"submit": 70, "top": 20, "rank": 10}
"""Share of each kind of request, in percent."""


def main(
    players: Annotated[int, typer.Option(help="Players to populate.")] = 1_000_000,
    wires: Annotated[int, typer.Option("--connections", help="Connections.")] = 64,
    seconds: Annotated[float, typer.Option(help="Seconds that each figure is measured for.")] = 15.0,
    share: Annotated[list[float] | None, typer.Option(help="Shares of the maximum to send; half of it.")] = None,
    workers: Annotated[int, typer.Option(help="API processes.")] = 1,
    data_dir: Annotated[Path | None, typer.Option(help="Use, and keep, this data directory.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure the mixed load on this machine."""
    with ExitStack() as stack:
        directory = data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-mixed-")))
        facts = stack.enter_context(product(directory, ["--workers", str(workers)]))
        step("populate", ["populate", "--users", str(players), "--sessions", str(5 * players)], directory)
        uvloop.run(settle(facts["postgres"]))
        runs = uvloop.run(measure(facts, players, wires, seconds, share or [0.5]))
    Console().print(table(runs))
    settings = {"players": players, "connections": wires, "seconds": seconds, "workers": workers, "mix": MIX}
    write({**about("benchmarks.mixed"), **settings, "runs": runs}, out)
    if any(set(run["statuses"]) != {200} for run in runs):
        Console().print("[red]Some requests failed; the figures do not count.[/]")
        raise typer.Exit(1)


async def measure(
    facts: Mapping[str, Any], players: int, wires: int, seconds: float, shares: Sequence[float]
) -> list[dict[str, Any]]:
    """Return the maximum rate by the closed loop, and the figures of the open loop at each share of this rate."""
    url = facts["api"]
    requests = requests_of(url, facts["submit_key"], players, MIX)
    await busy_loop(url, requests, seconds / 5, wires)
    most = await busy_loop(url, requests, seconds, wires)
    runs = [{"loop": "closed", **figures(most)}]
    for share in shares:
        sent = await open_loop(url, requests, share * most.per_second, seconds, wires)
        runs.append({"loop": "open", "share": share, "due_per_second": round(share * most.per_second), **figures(sent)})
    return runs


def figures(outcome: Outcome) -> dict[str, Any]:
    """Return the throughput, and the latency of all requests and of each kind."""
    taken = {"all": [seconds for kind in outcome.taken.values() for seconds in kind], **outcome.taken}
    latency = {kind: asdict(Latency.of(seconds)) for kind, seconds in sorted(taken.items())}
    return {"per_second": round(outcome.per_second), "latency": latency, "statuses": dict(outcome.statuses)}


def table(runs: Sequence[Mapping[str, Any]]) -> Table:
    """Return the results as a table."""
    shown = Table("loop", "kind", "a second", "p50 ms", "p95 ms", "p99 ms")
    for run in runs:
        for kind, latency in run["latency"].items():
            rate = str(run["per_second"]) if kind == "all" else ""
            shown.add_row(run["loop"], kind, rate, *map(str, latency.values()))
    return shown


if __name__ == "__main__":
    typer.run(main)
