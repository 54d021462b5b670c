"""Plot of the throughput while nodes are the bottleneck, from a result of benchmarks.shards_capped.

python -m benchmarks.plot_capped docs/performance/results/shards-capped.json docs/performance/shards-capped.svg
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from benchmarks.plotting import COLOURS, new_figure, read, save

LINES = ["submit, rank=none", "submit, exact rank", "rank, batched", "rank, one by one"]
SINGLE, BATCHED = "rank, one by one", "rank, batched"


def main(results: Path, out: Path) -> None:
    """Plot the throughput of each operation by number of nodes."""
    report = read(results)
    rows = report["rows"]
    title = f"each node may use {report['share']:.0%} of a core; {report['players']:,} players, {report['taken'][:10]}"
    figure, (rising, lifted) = new_figure(title, 2)
    _rising(rising, [row for row in rows if not row["replicas"]])
    _lifted(lifted, rows)
    save(figure, out)


def _rising(axes: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    numbers = sorted({row["nodes"] for row in rows})
    for operation, colour, marker in zip(LINES, COLOURS, "os^D", strict=False):
        rates = [row["per_second"] for row in rows if row["operation"] == operation]
        axes.plot(numbers, [rate / rates[0] for rate in rates], f"{marker}-", color=colour, label=operation)
    axes.plot(numbers, [number / numbers[0] for number in numbers], ":", color="black", linewidth=1, label="N")
    axes.set(title="throughput, of one node's", xlabel="nodes", xticks=numbers, ylim=0)
    axes.legend(fontsize=8)


def _lifted(axes: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    fewest = min(row["nodes"] for row in rows)
    found = {(row["replicas"], row["operation"]): row["per_second"] for row in rows if row["nodes"] == fewest}
    shown = {"one by one": found[0, SINGLE]}
    shown |= {
        f"with {n} replica{'s' * (n > 1)}": rate for (n, operation), rate in found.items() if n and operation == SINGLE
    }
    shown["batched"] = found[0, BATCHED]
    names = list(shown)[::-1]
    axes.barh(names, [shown[name] for name in names], color=COLOURS[1])
    for i, name in enumerate(names):
        axes.text(shown[name], i, f" {shown[name]:,}", va="center")
    axes.margins(x=0.18)
    axes.set(title=f"exact ranks a second, {fewest} primary", xlabel="a second")


if __name__ == "__main__":
    typer.run(main)
