"""Plot of the growth with the number of players, from a result of benchmarks.growth.

python -m benchmarks.plot_growth docs/performance/results/growth.json docs/performance/growth.svg
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from benchmarks.growth_figures import Group, Growth, Run, growth
from benchmarks.plotting import COLOURS, logarithmic, new_figure, read, save

GROUPS = (Group.RATE, Group.DELAY, Group.DURATION, Group.MEMORY, Group.DISK)
MARKERS = "os^Dv"


def main(results: Path, out: Path) -> None:
    """Plot each group of figures over the number of players."""
    plot(read(results)["runs"], out)


def plot(runs: Sequence[Run], out: Path) -> None:
    """Plot the figures of runs, and write the plot as SVG."""
    sizes = [run["players"] for run in runs]
    figure, columns = new_figure(f"figures by number of players, {runs[-1]['taken'][:10]}", len(GROUPS))
    for axes, group in zip(columns, GROUPS, strict=True):
        _lines(axes, [line for line in growth(runs) if line.group is group])
        logarithmic(axes, sizes, "players")
        axes.set_title(group.value)
        axes.legend(fontsize=6, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    figure.set_size_inches(4.2 * len(GROUPS), 6)
    save(figure, out)


def _lines(axes: Any, lines: Sequence[Growth]) -> None:
    """Draw a line per figure. Values of 0 have no place on a logarithmic axis."""
    for i, line in enumerate(lines):
        points = [(players, value) for players, value in line.values.items() if value]
        if points:
            style = f"{MARKERS[i // len(COLOURS) % len(MARKERS)]}-"
            axes.plot(
                *zip(*points, strict=True),
                style,
                color=COLOURS[i % len(COLOURS)],
                label=line.name.replace("`", ""),
                markersize=5,
            )


if __name__ == "__main__":
    typer.run(main)
