"""Plot of the effect of the number of partitions on three nodes, from a result of benchmarks.shards.

python -m benchmarks.plot_partitions docs/performance/results/shards.json docs/performance/partitions.svg
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from benchmarks.plot_shards import lines
from benchmarks.plotting import COLOURS, logarithmic, new_figure, read, save

NODES = 3


def main(results: Path, out: Path) -> None:
    """Plot the rows with the largest number of nodes that is at most three."""
    report = read(results)
    nodes = max(row["nodes"] for row in report["rows"] if row["nodes"] <= NODES)
    rows = [row for row in report["rows"] if row["nodes"] == nodes]
    title = f"{report['players']:,} players, {nodes} nodes, {report['callers']} callers, {report['taken'][:10]}"
    figure, (rate, latency, even, merge) = new_figure(title, 4)
    lines(rate, rows, "per_second", "requests a second", by="partitions")
    lines(latency, rows, "p95_ms", "p95, milliseconds", by="partitions")
    for axes in (rate, latency):
        logarithmic(axes, sorted({row["partitions"] for row in rows}), "partitions")
    rate.legend(fontsize=7)
    _evenness(even, [one for one in report["spread"] if one["nodes"] == nodes])
    _merge(merge, report["merge"])
    save(figure, out)


def _evenness(axes: Any, spread: Sequence[Mapping[str, Any]]) -> None:
    numbers = [one["partitions"] for one in spread]
    for (column, label), colour in zip(
        {"fullest_partition": "fullest", "emptiest_partition": "emptiest"}.items(), COLOURS, strict=False
    ):
        axes.plot(numbers, [one[column] for one in spread], "o-", color=colour, label=label)
    axes.set(title="a partition's entries, to the mean", xlabel="partitions", ylim=(0.8, 1.2))
    axes.legend(fontsize=8)


def _merge(axes: Any, costs: Sequence[Mapping[str, Any]]) -> None:
    numbers = [one["partitions"] for one in costs]
    for size, colour in zip((10, 100), COLOURS, strict=False):
        axes.plot(numbers, [one[f"top_{size}_us"] for one in costs], "o-", color=colour, label=f"first {size}")
    axes.set(title="merging, us", xlabel="partitions", ylim=0)
    axes.legend(fontsize=8)


if __name__ == "__main__":
    typer.run(main)
