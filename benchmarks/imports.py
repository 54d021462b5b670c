"""Benchmark of reading score files: time per line and peak memory, by format and number of processes.

    python -m benchmarks.imports --lines 1000000

Reading covers all steps before the store: text, rows, values, identities and, in the preview, the rules of the board.
Every file is read in two ways: by this process alone, and with the help of the processes that `leaderforge import`
starts. `python -m benchmarks.counting` measures complete imports.
"""

import gzip
import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.report import about, write
from leaderforge.adapters.clock import now_ms
from leaderforge.domain.boards import Board, Display
from leaderforge.imports.block_parsing import spare_processes
from leaderforge.imports.columns import Columns
from leaderforge.imports.files import FilePlan, opened_scores
from leaderforge.imports.formats import FileLayout, format_of
from leaderforge.imports.planning import completed_plan
from leaderforge.services.import_preview import preview_lines
from leaderforge.services.imported_lines import ImportRules, LineAcceptance
from leaderforge.services.reception import ReceptionClock

LAPS = Board(2, "laps", "Laps", display=Display("s", 2))
BOARDS = {
    "integers": (Board(1, "points", "Points"), ""),
    "decimals": (LAPS, ""),
    "shown decimals": (LAPS, ".{:02}"),
}
"""By kind of file: the board, and the format of the decimals in scores. An empty format means scores as stored."""
FORMATS = ("scores.csv", "scores.csv.gz", "scores.ndjson", "scores.json")
PLAYERS_SHARE = 0.3


def main(
    lines: Annotated[int, typer.Option(help="Lines of each file.", min=1)] = 300_000,
    out: Annotated[Path | None, typer.Option(help="File of the raw data.")] = None,
) -> None:
    """Read files of every format, and print the cost of a line."""
    with TemporaryDirectory() as folder:
        results = [
            measured(path, name, board, lines, processes)
            for file_name in FORMATS
            for name, (board, decimals) in BOARDS.items()
            for path in [written(Path(folder) / file_name, lines, decimals)]
            for processes in dict.fromkeys((0, spare_processes()))
        ]
    table = Table(
        "format", "board", "processes", "CPU \u00b5s a line", "of them here", "lines a second", "peak memory, MB"
    )
    for result in results:
        table.add_row(*(f"{value:,.1f}" if isinstance(value, float) else str(value) for value in result.values()))
    Console().print(table)
    write({**about("benchmarks.imports"), "lines": lines, "results": results}, out)


def measured(path: Path, name: str, board: Board, lines: int, processes: int) -> Mapping[str, Any]:
    """Return the times and the memory of a file's preview, including the check that decides how scores are read."""
    began, cpu, children = time.perf_counter(), time.process_time(), _cpu_of_children()
    plan = FilePlan(board, Columns(time="time"), FileLayout(format_of(path.name)))
    acceptance = LineAcceptance(ImportRules(), board, now_ms, ReceptionClock(lambda: now_ms() * 1000))
    with path.open("rb") as raw:
        plan = completed_plan(raw, plan, lambda _: None)
        with opened_scores(raw, plan, processes) as scores:
            preview = preview_lines(scores.lines(_raise), board, {}, acceptance, _fail, limit=10)
    assert preview.counting == lines
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {
        "format": path.name.partition(".")[2],
        "board": name,
        "processes": processes,
        "cpu_us_a_line": (cpu + _cpu_of_children() - children) / lines * 1e6,
        "cpu_us_here": cpu / lines * 1e6,
        "lines_a_second": lines / seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def written(path: Path, lines: int, decimals: str) -> Path:
    """Write a file of random lines. Players recur, times have milliseconds, and scores have decimals in this format."""
    random = Random(1)
    opened: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8") as file:
        is_list = path.suffix == ".json"
        file.write("player,score,time\n" if ".csv" in path.name else "[" if is_list else "")
        for number in range(lines):
            player = f"player {random.randrange(max(1, int(lines * PLAYERS_SHARE)))}"
            moment = f"2026-10-{random.randrange(1, 29):02}T{random.randrange(24):02}:30:{random.randrange(60):02}.125Z"
            score = f"{random.randrange(1_000_000)}{decimals.format(random.randrange(100))}"
            if ".csv" in path.name:
                file.write(f"{player},{score},{moment}\n")
            else:
                file.write(",\n" * (is_list and number > 0))
                file.write(f'{{"player": "{player}", "score": {score}, "time": "{moment}"}}' + "\n" * (not is_list))
        file.write("]" if is_list else "")
    return path


def _raise(bad: Exception) -> None:
    raise bad


def _fail(number: int, reason: str) -> None:
    raise AssertionError(f"line {number}: {reason}")


if __name__ == "__main__":
    typer.run(main)
