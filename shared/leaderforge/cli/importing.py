"""`leaderforge import`: scores from a file."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from leaderforge.cli.progress import Advance, progress_bar
from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, BoardOption, DataDir
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.errors import Refused

if TYPE_CHECKING:
    from leaderforge.cli.tables import BadLine, Columns, Condition
    from leaderforge.services.importing import ImportTally

_REPORTED = 20
"""Maximum number of bad lines that are printed."""


def import_(
    file: Annotated[
        Path, typer.Argument(help="File in UTF-8: .csv with a header, .ndjson or .jsonl.", show_default=False)
    ],
    *,
    player: Annotated[str, typer.Option(help="Column of the username. Unknown players are created.")] = "player",
    score: Annotated[str, typer.Option(help="Column of the score, an integer, or a constant such as =1.")] = "score",
    time: Annotated[
        str | None,
        typer.Option(help="Column of the time: ISO 8601, in UTC without an offset, or ms since 1970. Default: now."),
    ] = None,
    id_: Annotated[
        str | None,
        typer.Option(
            "--id", help="Column that identifies a line. Default: the line's number and text, not the file name."
        ),
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Import only lines with COLUMN=VALUE or COLUMN!=VALUE. Repeatable.")
    ] = None,
    missing: Annotated[list[str] | None, typer.Option(help="Text that means no value, such as NA. Repeatable.")] = None,
    on_bad_line: Annotated[
        Literal["skip", "stop"], typer.Option(help="Skip bad lines, or stop at the first with exit code 1.")
    ] = "skip",
    batch: Annotated[int, typer.Option(help="Lines per transaction.", min=1, max=4000)] = 1000,
    board: BoardOption = DEFAULT_BOARD,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Import scores from a CSV or NDJSON file. Each line is a submission.

    An import is idempotent: lines that were imported before change nothing. Run an interrupted import again to continue
    it. Bad lines are reported with their line numbers.

    Example: leaderforge import goals.csv --player scorer --score =1 --time date --where own_goal=FALSE
    """
    from leaderforge.cli.tables import Columns

    if not file.is_file():
        raise Refused(f"{file} is not a file" if file.exists() else f"there is no file {file}")
    columns = Columns(
        player=player,
        score=_constant_or_column(score),
        time=time,
        id=id_,
        conditions=[_condition(text) for text in where or ()],
        missing=frozenset({"", *(missing or ())}),
        board=board,
    )
    bad = _BadLines(stop=on_bad_line == "stop")
    with progress_bar(f"Importing {file.name}", file.stat().st_size, data=True) as advance:
        tally = run_until_stopped(_import(file, columns, bad, batch, data_dir, advance))
    _report(tally, bad)


async def _import(
    file: Path, columns: "Columns", bad: "_BadLines", batch: int, data_dir: Path, advance: Advance
) -> "ImportTally":
    from leaderforge.cli.outages import completed, prepare
    from leaderforge.cli.tables import score_lines
    from leaderforge.cli.target import board_named, services
    from leaderforge.services.importing import Importer

    async with services(data_dir) as product:
        parts = product.parts
        target = await board_named(product, columns.board)
        importer = Importer(
            parts.store,
            parts.users,
            product.delivery,
            parts.clock,
            product.reception_clock,
            target,
            rules=product.name_rules,
            batch=batch,
            refused=bad.refused,
        )
        await prepare(product)
        try:
            with bad.counted(importer.tally):
                tally = await importer.run(score_lines(file, columns, parts.clock(), bad, advance))
            tally.index_behind = not await completed(product)
            return tally
        finally:
            product.changes.board(target.id)


class _BadLines:
    """Collector of bad lines. With `stop` it raises the first one."""

    def __init__(self, *, stop: bool) -> None:
        self._stop = stop
        self.count = 0

    def __call__(self, bad: "BadLine") -> None:
        if self._stop:
            raise bad
        self.count += 1
        if self.count <= _REPORTED:
            typer.echo(bad.message, err=True)
        elif self.count == _REPORTED + 1:
            typer.echo("further bad lines are counted and not shown", err=True)

    def refused(self, number: int, reason: str) -> None:
        """Report a valid line that the store refused."""
        from leaderforge.cli.tables import BadLine

        self(BadLine(number, reason))

    @contextmanager
    def counted(self, tally: "ImportTally") -> Iterator[None]:
        """If the block fails, print the number of scores that it recorded. They stay recorded."""
        try:
            yield
        except BaseException:
            if tally.recorded or tally.duplicates:
                typer.echo(
                    f"stopped after {tally.recorded:,} new scores; run the same command again to continue", err=True
                )
            raise


def _report(tally: "ImportTally", bad: _BadLines) -> None:
    typer.echo(
        f"{tally.recorded:,} scores imported, {tally.duplicates:,} duplicates, "
        f"{tally.players_created:,} players created, {bad.count:,} bad lines skipped"
    )
    if tally.index_behind:
        typer.echo(
            "the index could not be reached: a running API updates it; without one, run `leaderforge rebuild` when it "
            "is available",
            err=True,
        )


def _constant_or_column(text: str) -> str | int:
    if not text.startswith("="):
        return text
    try:
        return int(text[1:])
    except ValueError:
        raise typer.BadParameter(
            f"{text[1:]!r} is not an integer: write a column, or a constant such as =1", param_hint="--score"
        ) from None


def _condition(text: str) -> "Condition":
    from leaderforge.cli.tables import Condition

    match = re.fullmatch(r"([^!=]+)(!?=)(.*)", text)
    if match is None:
        raise typer.BadParameter(
            f"{text!r} is not a condition: write COLUMN=VALUE or COLUMN!=VALUE", param_hint="--where"
        )
    return Condition(match[1], match[3], negated=match[2] == "!=")
