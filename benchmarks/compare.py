"""Two versions of the product side by side, in one run.

    git worktree add --detach ../before 99e8e67
    python -m benchmarks.compare ../before --out docs/performance/results/compare.json

Starts both versions on this machine, each with its own data, and loads them in turn, in short rounds. The order changes
with each round. Other load on the machine affects both versions. Therefore compare the ratios. The table shows their
median and quartiles over the rounds. `--setting` sets variables of this version only. With `.` as the other checkout,
the benchmark compares settings:

    python -m benchmarks.compare . --setting LEADERFORGE_INDEX_NAMES=viewed --only random_page
"""

import os
import tempfile
from contextlib import ExitStack
from itertools import product as pairs
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.bench import loaded, product, step
from benchmarks.report import about, finish, quartiles

HERE = Path(__file__).parents[1]
VERSIONS = ("before", "now")
SCENARIOS = ["submit", "rank", "top", "batch"]

STEPS = ["reconcile", "rebuild", "verify"]
"""Commands whose durations are compared. `rebuild` empties and loads the index in versions without `--empty`."""

Samples = dict[str, dict[str, list[dict[str, Any]]]]
"""Measurements by scenario and version, one per round."""


def main(
    before: Annotated[Path, typer.Argument(help="A checkout of the version to compare this one with.")],
    players: Annotated[int, typer.Option(help="Players to populate, who played twice each.")] = 200_000,
    connections: Annotated[int, typer.Option(help="Connections kept busy.")] = 64,
    rounds: Annotated[int, typer.Option(help="How often each version is loaded.")] = 10,
    seconds: Annotated[int, typer.Option(help="Seconds a round, after a warm-up of two.")] = 3,
    only: Annotated[list[str] | None, typer.Option(help="Run only these scenarios and commands.")] = None,
    setting: Annotated[list[str] | None, typer.Option(help="Variable of this version only, as NAME=VALUE.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure another version and this version."""
    console = Console()
    kinds = only or (SCENARIOS if setting else SCENARIOS + STEPS)
    samples: Samples = {kind: {version: [] for version in VERSIONS} for kind in kinds}
    with ExitStack() as stack:
        running = {}
        for version, tree in zip(VERSIONS, (before.resolve(), HERE), strict=True):
            if tree is HERE:
                # Set the variables after the start of the other version, so that they affect this version only.
                os.environ |= dict(pair.split("=", 1) for pair in setting or [])
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"leaderforge-{version}-")))
            running[version] = stack.enter_context(product(directory, [], tree)), directory, tree
            step("populate", ["populate", "--users", str(players), "--sessions", str(2 * players)], directory, tree)
        for turn, kind in track(list(pairs(range(rounds), kinds)), "Measuring", console=console):
            for version in VERSIONS if turn % 2 else VERSIONS[::-1]:
                facts, directory, tree = running[version]
                if kind in STEPS:
                    result = step(kind, [kind], directory, tree)
                else:
                    load = {"players": players, "connections": connections, "seconds": seconds}
                    result = loaded(facts, kind, facts["api"], **load)
                samples[kind][version].append(result)
    report = {
        **about("benchmarks.compare"),
        "players": players, "connections": connections, "seconds": seconds,
        "ratios": {kind: ratios(of_kind) for kind, of_kind in samples.items()}, "samples": samples,
    }  # fmt: skip
    loads = [result for kind in kinds if kind not in STEPS for of_kind in samples[kind].values() for result in of_kind]
    finish(report, table(report), out, loads)


def ratios(samples: dict[str, list[dict[str, Any]]]) -> dict[str, list[float]]:
    """Return the ratios of this version's figures to the figures of the version before.

    The figures of a load are its rate and the API's processor time per request. The figure of a command is its
    duration. Each ratio is [lower quartile, median, upper quartile].
    """
    pairs_of_rounds = list(zip(samples["before"], samples["now"], strict=True))
    if "step" in samples["now"][0]:
        return {"seconds": quartiles([now["seconds"] / before["seconds"] for before, now in pairs_of_rounds])}
    return {
        "rate": quartiles([now["rate"] / before["rate"] for before, now in pairs_of_rounds]),
        "api_cpu": quartiles([now["cpu_us"]["api"] / before["cpu_us"]["api"] for before, now in pairs_of_rounds]),
    }


def table(report: dict[str, Any]) -> Table:
    """Return the ratios as a table."""
    title = f"This version / the other: medians (quartiles); {report['players']:,} players"
    columns = {"rate": "requests a second", "api_cpu": "API time a request", "seconds": "seconds"}
    shown = Table("scenario", *columns.values(), title=title)
    for kind, of_kind in report["ratios"].items():
        shown.add_row(kind, *(_shown(of_kind.get(column)) for column in columns))
    return shown


def _shown(quartiles: list[float] | None) -> str:
    if quartiles is None:
        return ""
    low, middle, high = quartiles
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"


if __name__ == "__main__":
    typer.run(main)
