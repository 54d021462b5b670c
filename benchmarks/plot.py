"""Plots of benchmark results.

python -m benchmarks.plot docs/performance/results/bench.json docs/performance/bench.svg
"""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import typer

mpl.use("svg")

from matplotlib import pyplot as plt

COLOURS = {"write": "#4f46e5", "read": "#0d9488", "ceiling": "#94a3b8"}
KINDS = {
    "noop_post": ("no-op POST", "ceiling"),
    "submit": ("submit, exact rank", "write"),
    "submit_unranked": ("submit, rank=none", "write"),
    "noop_get": ("no-op GET", "ceiling"),
    "top": ("top 10", "read"),
    "rank": ("rank of a random player", "read"),
    "around": ("5 neighbours each side", "read"),
    "first_page": ("page at rank 1", "read"),
    "deep_page": ("page in the middle", "read"),
}


def main(results: Path, out: Path) -> None:
    """Plot the throughput and latency of a result of benchmarks.bench."""
    report = json.loads(results.read_text())
    shown = [kind for kind in KINDS if kind in report["scenarios"]][::-1]
    plt.rcParams.update({"font.family": "sans-serif", "font.size": 10, "svg.hashsalt": "leaderforge"})
    figure, (rates, times) = plt.subplots(1, 2, figsize=(11, 4.6), sharey=True, layout="constrained")
    _rates(rates, report, shown)
    _times(times, report, shown)
    figure.suptitle(
        f"{report['players']:,} players, {report['connections']} connections, {report['workers']} API process, "
        f"{report['nodes']} index nodes, {report['machine']['cores']} cores, {report['taken'][:10]}"
    )
    figure.savefig(out, metadata={"Date": None})


def _rates(axes: Any, report: dict[str, Any], shown: list[str]) -> None:
    values = [report["scenarios"][kind]["rate"] for kind in shown]
    axes.barh([KINDS[k][0] for k in shown], values, color=[COLOURS[KINDS[k][1]] for k in shown])
    for i, value in enumerate(values):
        axes.text(value, i, f" {value:,.0f}", va="center")
    axes.set(xlabel="requests a second")
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)


def _times(axes: Any, report: dict[str, Any], shown: list[str]) -> None:
    for i, kind in enumerate(shown):
        result, colour = report["scenarios"][kind], COLOURS[KINDS[kind][1]]
        axes.plot([result["p50"], result["p99"]], [i, i], color=colour, linewidth=2)
        axes.plot(result["p50"], i, "o", color=colour)
        axes.plot(result["p95"], i, "|", color=colour, markersize=12)
        axes.plot(result["p99"], i, ">", color=colour)
    axes.set(xlabel="milliseconds: p50 (dot), p95 (bar), p99 (arrow)", xscale="log")
    axes.grid(axis="x", color="#e2e8f0")
    axes.spines[["top", "right", "left"]].set_visible(False)


if __name__ == "__main__":
    typer.run(main)
