"""Functions that all plots of results share."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt

STYLE: Any = {"font.family": "sans-serif", "font.size": 10, "svg.hashsalt": "leaderforge", "axes.titlesize": 10}
GRID = "#e2e8f0"
COLOURS = ["#4f46e5", "#0d9488", "#d97706", "#be123c", "#64748b"]


def read(results: Path) -> Any:
    """Return a report that a benchmark has written."""
    return json.loads(results.read_text())


def new_figure(title: str, columns: int) -> tuple[Any, Sequence[Any]]:
    """Return a figure with this title, and the axes of its `columns` plots, which are side by side."""
    plt.rcParams.update(STYLE)
    figure, axes = plt.subplots(1, columns, figsize=(max(6.5, 3.9 * columns), 3.6), layout="constrained", squeeze=False)
    figure.suptitle(title, fontsize=11)
    for plot in axes[0]:
        plot.spines[["top", "right"]].set_visible(False)
        plot.grid(color=GRID)
        plot.set_axisbelow(True)
    return figure, list(axes[0])


def logarithmic(axes: Any, numbers: Sequence[int], label: str) -> None:
    """Make both axes logarithmic, with a mark at each of the numbers."""
    axes.set(xscale="log", yscale="log", xlabel=label)
    axes.set_xticks(numbers, [number_text(number) for number in numbers], minor=False)
    axes.set_xticks([], minor=True)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}")
    axes.tick_params(axis="y", which="minor", labelsize=7)


def number_text(number: int) -> str:
    """Return a short text of a number, such as 300k or 10M."""
    for unit, suffix in ((10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{number / unit:g}{suffix}"
    return str(number)


def save(figure: Any, out: Path) -> None:
    """Write the figure as SVG. A figure that is drawn again yields the same bytes."""
    figure.savefig(out, metadata={"Date": None})
