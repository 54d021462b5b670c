"""Plot of the store with and without workers, from a result of benchmarks.stores.

python -m benchmarks.plot_stores docs/performance/results/stores.json docs/performance/stores.svg
"""

from pathlib import Path

import typer

from benchmarks.plotting import COLOURS, new_figure, read, save

RECORDED = "rows recorded a second, "


def main(results: Path, out: Path) -> None:
    """Plot the submissions per second and the read times of both databases."""
    report = read(results)
    figure, (writes, reads) = new_figure(f"{report['players']:,} players, {report['taken'][:10]}", 2)
    recorded = [what for what in report["plain"] if what.startswith(RECORDED)]
    waited = [what for what in report["plain"] if what.startswith("ms to ")]
    for axes, shown, begin, title in (
        (writes, recorded, RECORDED, "submissions recorded a second"),
        (reads, waited, "ms to ", "milliseconds of a read"),
    ):
        places = range(len(shown))
        for offset, server, colour in ((0.2, "plain", COLOURS[1]), (-0.2, "citus", COLOURS[0])):
            values = [report[server][what] for what in shown]
            name = "PostgreSQL" if server == "plain" else "Citus"
            axes.barh([place + offset for place in places], values, 0.38, color=colour, label=name)
        axes.set_yticks(places, [what.removeprefix(begin) for what in shown], fontsize=8)
        axes.set(title=title)
    writes.legend(fontsize=8)
    figure.set_size_inches(11, 3.6)
    save(figure, out)


if __name__ == "__main__":
    typer.run(main)
