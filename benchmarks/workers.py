"""Comparison of one API process with several, in one run.

    python -m benchmarks.workers --out docs/performance/results/workers.json

Starts one product for each number of processes, each with its own data, and loads them in turn, in short rounds. The
order changes with each round. Other load on the machine affects all of them. Therefore compare the ratios. The table
shows their median and quartiles over the rounds, the processor time of each part per request, and how many requests
shared one commit or one count of ranks.
"""

import re
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from itertools import product as pairs
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.bench import loaded, product, step
from benchmarks.report import about, finish, quartiles

SCENARIOS = {"submit": "submit_batch_size", "rank": "rank_batch_size", "top": None, "first_page": None}
"""Scenarios, each with the metric of its batch sizes, or None if its requests are not batched."""

Samples = dict[str, dict[int, list[dict[str, Any]]]]
"""Measurements by scenario and number of processes, one per round."""


def main(
    workers: Annotated[int, typer.Option(help="API processes beside one.", min=2)] = 2,
    players: Annotated[int, typer.Option(help="Players to populate, who played twice each.")] = 200_000,
    connections: Annotated[int, typer.Option(help="Connections kept busy.")] = 64,
    rounds: Annotated[int, typer.Option(help="How often each scenario is measured, at least twice.", min=2)] = 9,
    seconds: Annotated[float, typer.Option(help="Seconds a round, after a warm-up.")] = 2,
    warmup_s: Annotated[float, typer.Option(help="Seconds of the warm-up.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure one and several API processes on this machine."""
    console = Console()
    counts = 1, workers
    samples: Samples = {kind: {count: [] for count in counts} for kind in SCENARIOS}
    with ExitStack() as stack:
        running: dict[int, dict[str, Any]] = {}
        for count in counts:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"leaderforge-workers-{count}-")))
            running[count] = stack.enter_context(product(directory, ["--workers", str(count)]))
            step("populate", ["populate", "--users", str(players), "--sessions", str(2 * players)], directory)
        for turn, kind in track(list(pairs(range(rounds), SCENARIOS)), "Measuring", console=console):
            for count in counts if turn % 2 else counts[::-1]:
                facts = running[count]
                before = batches(facts, kind)
                load = partial(loaded, players=players, connections=connections, seconds=seconds, warmup_s=warmup_s)
                result = load(facts, kind, facts["api"])
                samples[kind][count].append({**result, "batch_size": mean_size(before, batches(facts, kind))})
    report = {
        **about("benchmarks.workers"),
        "players": players, "connections": connections, "seconds": seconds, "workers": workers,
        "ratios": {kind: ratio(of_kind[1], of_kind[workers]) for kind, of_kind in samples.items()},
        "samples": {kind: {str(count): results for count, results in of.items()} for kind, of in samples.items()},
    }  # fmt: skip
    loads = [result for of_kind in samples.values() for results in of_kind.values() for result in results]
    finish(report, table(report), out, loads)


def batches(facts: dict[str, Any], kind: str) -> tuple[float, float]:
    """Return the number of requests in batches so far, and the number of batches. Both are 0 without batches."""
    metric = SCENARIOS[kind]
    if metric is None:
        return 0, 0
    headers = {"Authorization": f"Bearer {facts['admin_key']}"}
    text = httpx.get(f"{facts['api']}/metrics", headers=headers, timeout=30).raise_for_status().text
    return value_of(text, f"leaderforge_{metric}_sum"), value_of(text, f"leaderforge_{metric}_count")


def value_of(metrics: str, name: str) -> float:
    """Return the value of a metric without labels, 0 if it is absent."""
    match = re.search(rf"^{name} (\S+)", metrics, re.MULTILINE)
    return float(match[1]) if match else 0.0


def mean_size(before: tuple[float, float], after: tuple[float, float]) -> float | None:
    """Return the mean number of requests of a batch between two times, None without batches."""
    count = after[1] - before[1]
    return (after[0] - before[0]) / count if count else None


def ratio(single: Sequence[dict[str, Any]], several: Sequence[dict[str, Any]]) -> list[float]:
    """Return the rate of several processes, divided by the rate of one process.

    The ratio is [lower quartile, median, upper quartile].
    """
    return quartiles([of_several["rate"] / of_one["rate"] for of_one, of_several in zip(single, several, strict=True)])


def table(report: dict[str, Any]) -> Table:
    """Return a table with a row per scenario.

    A row has the rate of several API processes divided by the rate of one process, the median processor times (us a
    request), and the median batch sizes.
    """
    title = f"{report['workers']} API processes / 1: medians (quartiles); {report['players']:,} players"
    columns = "requests a second", "us of API", "us of database", "us of index", "requests a batch"
    shown = Table("scenario", *columns, title=title)
    for kind, (low, middle, high) in report["ratios"].items():
        results = [report["samples"][kind][count] for count in ("1", str(report["workers"]))]
        parts = [[median(r["cpu_us"][part] for r in of) for of in results] for part in ("api", "database", "index")]
        sizes = [[r["batch_size"] for r in of if r["batch_size"] is not None] for of in results]
        shared = " → ".join(f"{median(of):.1f}" for of in sizes) if all(sizes) else ""
        spent = (f"{one:.0f} → {several:.0f}" for one, several in parts)
        shown.add_row(kind, f"{middle:.2f} ({low:.2f} to {high:.2f})", *spent, shared)
    return shown


if __name__ == "__main__":
    typer.run(main)
