"""Plot of the cost of a request for nodes and coordinator, from a result of benchmarks.shards.

python -m benchmarks.plot_shards docs/performance/results/shards.json docs/performance/shards.svg
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from benchmarks.plotting import COLOURS, logarithmic, new_figure, read, save

OPERATIONS = {"submit, rank=none": "o", "submit, exact rank": "s", "rank": "^", "top 10": "D"}


def main(results: Path, out: Path) -> None:
    """Plot the rows of a result that have as many partitions as nodes."""
    report = read(results)
    rows = [row for row in report["rows"] if row["nodes"] == row["partitions"]]
    spread = [one for one in report["spread"] if one["nodes"] == one["partitions"]]
    title = f"{report['players']:,} players, one partition a node, {report['callers']} callers, {report['taken'][:10]}"
    figure, (node, memory, coordinator) = new_figure(title, 3)
    lines(node, rows, "node_cpu_us", "each node's processor time, us a request")
    lines(coordinator, rows, "coordinator_cpu_us", "the coordinator's, us a request")
    memory.plot([s["nodes"] for s in spread], [s["node_bytes_a_player"] for s in spread], "o-", color=COLOURS[4])
    memory.set_title("each node's memory, bytes a player")
    for axes, first in ((node, rows[0]["node_cpu_us"]), (memory, spread[0]["node_bytes_a_player"])):
        fair = [first / one["nodes"] for one in spread]
        axes.plot([one["nodes"] for one in spread], fair, ":", color="black", linewidth=1, label="1/N")
    for axes in (node, memory, coordinator):
        logarithmic(axes, [one["nodes"] for one in spread], "nodes")
    coordinator.legend(fontsize=8)
    memory.legend(fontsize=8)
    save(figure, out)


def lines(axes: Any, rows: Sequence[Mapping[str, Any]], column: str, title: str, by: str = "nodes") -> None:
    """Draw a column over the number of nodes or partitions, with one line per operation."""
    for (operation, marker), colour in zip(OPERATIONS.items(), COLOURS, strict=False):
        points = [(row[by], row[column]) for row in rows if row["operation"] == operation]
        axes.plot(*zip(*points, strict=True), f"{marker}-", color=colour, label=operation, markersize=5)
    axes.set_title(title)


if __name__ == "__main__":
    typer.run(main)
