"""`leaderforge boards`: the boards of the running service and their settings."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from leaderforge.cli.board_texts import parsed, text_of
from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir
from leaderforge.domain.board_settings import NAMES, settings_of
from leaderforge.domain.boards import Board
from leaderforge.domain.callers import COMMAND

if TYPE_CHECKING:
    from leaderforge.services.boards import BoardService

T = TypeVar("T")

_SETTINGS = f"Settings: {', '.join(NAMES)}. `none` takes a limit away; lists are separated by commas."

boards = typer.Typer(no_args_is_help=True, help="List, create, change and delete boards.")

Name = Annotated[str, typer.Argument(help="The board's name in addresses, such as laps.", show_default=False)]
Given = Annotated[list[str] | None, typer.Argument(metavar="SETTING=VALUE...", help=_SETTINGS, show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@boards.command("list")
def list_(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List all boards by name."""
    for board in _run(data_dir, lambda service: service.all()):
        typer.echo(f"{board.slug}\t{board.name}\t{board.policy} {board.order}\t{','.join(board.calendar.kinds)}")


@boards.command()
def show(name: Name, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Show a board's settings."""
    _show(_run(data_dir, lambda service: service.get(name)))


@boards.command(epilog="Example: leaderforge boards create laps policy=best order=asc unit=ms")
def create(name: Name, settings: Given = None, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Create a board and show its settings."""
    given = parsed(settings or [])
    _show(_run(data_dir, lambda service: service.create(name, given, COMMAND.actor)))


@boards.command("set", epilog="Example: leaderforge boards set laps max_score=600000 periods=all-time,weekly")
def set_(name: Name, settings: Given = None, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Change settings of a board, everywhere within 5 seconds, and show them all."""
    given = parsed(settings or [])
    _show(_run(data_dir, lambda service: service.change(name, given, COMMAND.actor)))


@boards.command()
def delete(name: Name, *, yes: Yes = False, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Delete a board with all it holds, for ever and everywhere within 5 seconds."""
    if not yes:
        typer.confirm(f"Delete the board {name} with all its scores?", abort=True)
    _run(data_dir, lambda service: service.delete(name, COMMAND.actor))
    typer.echo(f"{name} is deleted")


def _run(data_dir: Path, work: "Callable[[BoardService], Awaitable[T]]") -> T:
    return run_until_stopped(_work(data_dir, work))


async def _work(data_dir: Path, work: "Callable[[BoardService], Awaitable[T]]") -> T:
    from leaderforge.cli.target import services

    async with services(data_dir) as product:
        return await work(product.boards)


def _show(board: Board) -> None:
    settings = settings_of(board)
    typer.echo(f"board\t{board.slug}")
    for name in NAMES:
        typer.echo(f"{name}\t{text_of(getattr(settings, name))}")
    if board.backfill is not None:
        typer.echo(f"building\t{text_of(board.backfill.kinds)}")
