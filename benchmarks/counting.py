"""Speed of file imports, compared with batches of submissions over HTTP in the same run.

    python -m benchmarks.counting --out docs/performance/results/counting.json

Starts a new product. Each round imports a file of every kind by `leaderforge import`, and sends batches of the same
random submissions over HTTP. Every other round has the opposite order. Other load on the machine varies. Therefore
compare the ratio of each round: imported lines per second, divided by the batches' scores per second. The time of an
import includes the start of the command, about 1 s. By default, an import takes about as long as the batches of a
round.
"""

import asyncio
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.bench import LEADERFORGE, await_reconciliation, cpu_seconds, loaded, product, settle, step
from benchmarks.report import about, finish, quartiles
from leaderforge.cli.synthetic import name_of

KINDS: Mapping[str, tuple[list[str], Callable[[int, int], str]]] = {
    "user ids": (["--user-id", "user_id"], lambda user_id, _: str(user_id)),
    "names": (["--player", "player"], lambda user_id, _: name_of(user_id)),
    "external ids": (["--player-id", "player_id"], lambda user_id, _: f"player-{user_id}"),
    "new players": (["--player", "player"], lambda user_id, turn: f"guest {turn} {user_id}"),
}
"""By kind of file: the options of the import, and a function that returns a line's player from user id and round."""


def main(
    players: Annotated[int, typer.Option(help="Players to populate, who played twice each.")] = 200_000,
    lines: Annotated[int, typer.Option(help="Lines of each file.", min=1)] = 200_000,
    rounds: Annotated[int, typer.Option(help="How often each kind is measured, at least twice.", min=2)] = 6,
    seconds: Annotated[float, typer.Option(help="Seconds of batches in a round.")] = 10,
    batch: Annotated[int, typer.Option(help="Submissions in a batch.")] = 500,
    only: Annotated[list[str] | None, typer.Option(help="Measure only these kinds of files.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure imports and batches on this machine."""
    console = Console()
    samples: dict[str, list[dict[str, Any]]] = {kind: [] for kind in ("batch", *(only or KINDS))}
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-counting-")))
        facts = stack.enter_context(product(directory, []))
        step("populate", ["populate", "--users", str(players), "--sessions", str(2 * players)], directory)
        if "external ids" in samples:
            create_external_ids(directory, players)
        asyncio.run(settle(facts["postgres"]))
        for turn in track(range(rounds), "Measuring", console=console):
            for kind in list(samples) if turn % 2 else list(samples)[::-1]:
                await_reconciliation(facts)
                samples[kind].append(
                    loaded(facts, kind, facts["api"], players=players, connections=0, seconds=seconds, batch=batch)
                    if kind == "batch"
                    else imported(facts, kind, turn, directory, players=players, lines=lines)
                )
                console.print(f"{kind}: {samples[kind][-1]['scores_per_second']:,.0f} scores a second")
    report = {
        **about("benchmarks.counting"),
        "players": players, "lines": lines, "seconds": seconds, "batch": batch,
        "ratios": {kind: ratios(samples["batch"], samples[kind]) for kind in samples if kind != "batch"},
        "samples": samples,
    }  # fmt: skip
    finish(report, table(report), out, samples["batch"])


def create_external_ids(directory: Path, players: int) -> None:
    """Create this number of players with external ids, by an import of a file with one line per player."""
    columns, player_of = KINDS["external ids"]
    path = directory / "players.csv"
    lines = [f"{player_of(user_id, 0)},1\n" for user_id in range(1, players + 1)]
    path.write_text("".join([f"{columns[1]},score\n", *lines]), encoding="utf-8")
    step("external ids", ["import", str(path), *columns], directory)


def imported(
    facts: dict[str, Any], kind: str, turn: int, directory: Path, *, players: int, lines: int
) -> dict[str, Any]:
    """Import a new file, and return the command's duration (s) and the processor time per line (us) of each part."""
    columns, player_of = KINDS[kind]
    path = written(directory / "scores.csv", columns[1], lambda user_id: player_of(user_id, turn), players, lines)
    command = ["import", str(path), *columns, "--source", f"{kind} {turn}", "--data-dir", str(directory)]
    before, began = processor_s(facts), time.perf_counter()
    # An installed product has bytecode. Without it, the command and each process that parses compile 300 modules.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([*LEADERFORGE, *command], check=True, capture_output=True, env=environment)
    elapsed, after = time.perf_counter() - began, processor_s(facts)
    return {
        "seconds": elapsed,
        "scores_per_second": lines / elapsed,
        "cpu_us": {part: round((after[part] - before[part]) / lines * 1e6) for part in after},
    }


def processor_s(facts: dict[str, Any]) -> dict[str, float]:
    """Return the processor time so far, in s: of each part of the product, and of the commands."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {**cpu_seconds(facts["pid"]), "command": usage.ru_utime + usage.ru_stime}


def written(path: Path, column: str, player_of: Callable[[int], str], players: int, lines: int) -> Path:
    """Write a file of random scores of random players. All players are equally likely, as in the batches."""
    random = Random()
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{column},score\n")
        file.writelines(
            f"{player_of(random.randrange(1, players + 1))},{random.randrange(1, 101)}\n" for _ in range(lines)
        )
    return path


def ratios(batches: list[dict[str, Any]], imports: list[dict[str, Any]]) -> list[float]:
    """Return the rate of imports, divided by the rate of batches: [lower quartile, median, upper quartile]."""
    rounds = zip(batches, imports, strict=True)
    return quartiles([of_file["scores_per_second"] / of_batch["scores_per_second"] for of_batch, of_file in rounds])


def table(report: dict[str, Any]) -> Table:
    """Return the ratios, and the medians of the scores a second, as a table."""
    title = f"Files of {report['lines']:,} lines beside batches of {report['batch']}; {report['players']:,} players"
    shown = Table("lines with", "scores a second", "of the batches: median (quartiles)", title=title)
    for kind, samples in report["samples"].items():
        _, rate, _ = quartiles([result["scores_per_second"] for result in samples])
        low, middle, high = report["ratios"].get(kind, (1.0, 1.0, 1.0))
        shown.add_row(kind, f"{rate:,.0f}", f"{middle:.2f} ({low:.2f} to {high:.2f})")
    return shown


if __name__ == "__main__":
    typer.run(main)
