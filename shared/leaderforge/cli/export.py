"""`leaderforge export`: a complete board as a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from leaderforge.cli.output_files import opened_output
from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.services.exporting import ExportFormat

if TYPE_CHECKING:
    from leaderforge.cli.progress import Advance
    from leaderforge.domain.boards import Ladder
    from leaderforge.services.ladders import Ladders
    from leaderforge.wiring import Services

ExportBoardArgument = Annotated[str, typer.Argument(help="Slug of the board.")]
PeriodOption = Annotated[
    str, typer.Option(help="Period: `current`, a period kind such as `weekly`, or a name such as 2026-11.")
]
OutputOption = Annotated[Path | None, typer.Option(help="File to write. Default: standard output.", dir_okay=False)]


def export(
    board: ExportBoardArgument = DEFAULT_BOARD,
    *,
    format_: Annotated[
        ExportFormat, typer.Option("--format", help="CSV with a header, or one JSON object a line.")
    ] = ExportFormat.CSV,
    period: PeriodOption = "current",
    out: OutputOption = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Write all entries of a board, best first, as CSV or NDJSON.

    A player whose standing does not change meanwhile appears exactly once. The file appears when it is complete.
    """
    with opened_output(out) as file:
        written = run_until_stopped(_export(board, period, format_, file, data_dir))
    typer.echo(f"{written:,} entries exported", err=True)


async def _export(board: str, period: str, form: ExportFormat, file: TextIO, data_dir: Path) -> int:
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.target import board_named, services
    from leaderforge.services.ladders import Ladders

    async with services(data_dir) as product:
        ladders = Ladders(product.parts.store, product.clock)
        ladder = await ladders.get(await board_named(product, board), period)
        with progress_bar(f"Exporting {board}", None) as advance:
            return await _write(product, ladders, ladder, form, file, advance)


async def _write(
    product: "Services", ladders: "Ladders", ladder: "Ladder", form: ExportFormat, file: TextIO, advance: "Advance"
) -> int:
    from leaderforge.cli.target import board_named
    from leaderforge.services import exporting

    async def again(ladder: "Ladder") -> "Ladder":
        return await ladders.again(ladder, await board_named(product, ladder.board.slug))

    written = 0
    file.write(exporting.header(form, ladder.board))
    async for page in exporting.pages(product.query, ladder, again):
        file.write(exporting.lines(form, ladder.board, page.entries))
        written += len(page.entries)
        advance(len(page.entries))
    return written
