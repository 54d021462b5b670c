"""`leaderforge export`: a whole board as a file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.services.exporting import Form

if TYPE_CHECKING:
    from leaderforge.cli.progress import Advance
    from leaderforge.domain.boards import Ladder
    from leaderforge.wiring import Services

Board = Annotated[str, typer.Argument(help="The board.")]
Period = Annotated[str, typer.Option(help="The period: `current`, a kind such as `weekly`, or a name such as 2026-11.")]
Out = Annotated[Path | None, typer.Option(help="The file to write; standard output if left out.", dir_okay=False)]


def export(
    board: Board = DEFAULT_BOARD,
    *,
    format_: Annotated[Form, typer.Option("--format", help="CSV with a header, or an object a line.")] = Form.CSV,
    period: Period = "current",
    out: Out = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Write all entries of a board, best first, as CSV or NDJSON.

    Players whose standings do not change meanwhile are there exactly once. A file is there once it is whole.
    """
    with _opened(out) as file:
        written = run_until_stopped(_export(board, period, format_, file, data_dir))
    typer.echo(f"{written:,} entries exported", err=True)


async def _export(board: str, period: str, form: Form, file: TextIO, data_dir: Path) -> int:
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.target import board_named, services
    from leaderforge.services.ladders import Ladders

    async with services(data_dir) as product:
        ladders = Ladders(product.parts.store, product.clock)
        ladder = await ladders.get(await board_named(product, board), period)
        with progress_bar(f"Exporting {board}", None) as advance:
            return await _write(product, ladder, form, file, advance)


async def _write(product: "Services", ladder: "Ladder", form: Form, file: TextIO, advance: "Advance") -> int:
    from leaderforge.services import exporting

    written = 0
    file.write(exporting.header(form, ladder.board))
    async for page in exporting.pages(product.query, ladder):
        file.write(exporting.lines(form, ladder.board, page.entries))
        written += len(page.entries)
        advance(len(page.entries))
    return written


@contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    """Yield standard output, or a file that takes its name when the block has ended well."""
    if out is None:
        yield sys.stdout
        return
    unfinished = out.with_name(f"{out.name}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            yield file
        unfinished.replace(out)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
