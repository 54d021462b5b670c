"""Growth: all figures of a product by its number of players.

    python -m benchmarks.growth --players 1000000 --players 10000000 --out docs/performance/results/growth.json \\
        --page docs/performance/growth.md

For each number of players, starts a new product in a directory that is deleted afterwards, and fills it with one
submission per player. Measures rates beside ceilings, exact ranks at a fixed rate, also during the rebuild and after
the loss of a partition, delays of the index nodes, the commands of the product, memory and disk. Compares ranks with an
order computed in SQL. Numbers of players that are already in the output file are not measured again. The numbers can
therefore be measured by several calls. `--page` writes the tables of all runs into a page, and the plot beside it.
"""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.bench import WARMUP_S
from benchmarks.growth_figures import rows, tables
from benchmarks.growth_run import Effort, measured
from benchmarks.report import about, write, write_rows
from benchmarks.room import available, require_room

BEGIN, END = "<!-- begin of the computed tables -->", "<!-- end of the computed tables -->"
"""Lines of a page between which the tables are."""
SIZES = [1_000_000, 10_000_000]
_SUCCESSES = {"200", "201"}


def main(
    players: Annotated[list[int] | None, typer.Option(help="Numbers of players; 1 and 10 million.")] = None,
    connections: Annotated[int, typer.Option(help="Connections kept busy.")] = 64,
    rounds: Annotated[int, typer.Option(help="How often each scenario is measured, in turns with the others.")] = 3,
    seconds: Annotated[float, typer.Option(help="Seconds a scenario is measured for in a round.")] = 3,
    warmup_s: Annotated[float, typer.Option(help="Seconds of the warm-up before each measurement.")] = WARMUP_S / 2,
    rate: Annotated[float, typer.Option(help="Exact ranks a second in the open loop.")] = 2000,
    rebuild_rate: Annotated[float, typer.Option(help="The same, while a partition is rebuilt in place.")] = 500,
    loss_rate: Annotated[float, typer.Option(help="The same, while a lost partition is loaded.")] = 1,
    compared: Annotated[int, typer.Option(help="Ranks to compare with an order computed in SQL.")] = 10_000,
    page: Annotated[Path | None, typer.Option(help="Write the tables into this page, and the plot beside it.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON, and as CSV beside it.")] = None,
) -> None:
    """Measure products with different numbers of players on this machine."""
    console = Console()
    if page is not None:
        parts_of(page)
    effort = Effort(connections, rounds, seconds, warmup_s, rate, rebuild_rate, loss_rate, compared)
    runs = previous_runs(out)
    for number in sorted(set(players or SIZES)):
        if is_valid(runs.get(number)):
            console.print(f"{number:,} players: already in {out}")
            continue
        require_room(number, available(Path(tempfile.gettempdir())))
        runs[number] = {**about("benchmarks.growth"), **measured_run(number, effort, console)}
        save(runs, out)
    write_rows(rows(ordered(runs)), out)
    typer.echo(tables(ordered(runs)))
    if page is not None:
        publish(ordered(runs), page)
    invalid = [number for number, run in sorted(runs.items()) if not is_valid(run)]
    if invalid:
        console.print(f"[red]Failed requests or wrong ranks with {invalid} players; these figures do not count.[/]")
        raise typer.Exit(1)


def measured_run(players: int, effort: Effort, console: Console) -> dict[str, Any]:
    """Return the figures of a number of players, with the conditions of the measurement."""
    loads = os.getloadavg()
    return {
        "players": players, "connections": effort.connections, "rounds": effort.rounds, "seconds": effort.seconds,
        "load_averages": loads, **measured(players, effort, console),
    }  # fmt: skip


def previous_runs(path: Path | None) -> dict[int, dict[str, Any]]:
    """Return the runs of a result by number of players, none without a result."""
    if path is None or not path.exists():
        return {}
    return {run["players"]: run for run in json.loads(path.read_text())["runs"]}


def is_valid(run: Mapping[str, Any] | None) -> bool:
    """Return whether a run exists and has all phases, its requests succeeded, and all compared ranks were equal."""
    if run is None or "ranks_during_loss" not in run or run["comparison"]["different"]:
        return False
    return all(set(result["statuses"]) <= _SUCCESSES for of_kind in run["samples"].values() for result in of_kind)


def ordered(runs: Mapping[int, dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Return the runs by increasing number of players."""
    return [runs[number] for number in sorted(runs)]


def save(runs: Mapping[int, dict[str, Any]], path: Path | None) -> None:
    """Write all runs, if a path is given."""
    write({**about("benchmarks.growth"), "runs": ordered(runs)}, path)
    write_rows(rows(ordered(runs)), path)


def publish(runs: Sequence[Mapping[str, Any]], page: Path) -> None:
    """Replace the tables of a page, and draw the plot beside it, as SVG."""
    from benchmarks.plot_growth import plot

    head, _, tail = parts_of(page)
    page.write_text(f"{head}{BEGIN}\n\n{tables(runs)}\n\n{END}{tail}", encoding="utf-8")
    plot(runs, page.with_suffix(".svg"))


def parts_of(page: Path) -> tuple[str, str, str]:
    """Return the text before the tables of a page, the tables, and the text after them.

    Raises `typer.BadParameter` if the page has no place for tables.
    """
    head, begin, text = page.read_text(encoding="utf-8").partition(BEGIN)
    computed, end, tail = text.partition(END)
    if not begin or not end:
        raise typer.BadParameter(f"{page} needs the lines {BEGIN} and {END}")
    return head, computed.strip(), tail


if __name__ == "__main__":
    typer.run(main)
