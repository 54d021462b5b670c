"""`leaderforge boards`: boards of the running service and their settings."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from leaderforge.cli.board_texts import parsed, text_of
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir, run_with_services
from leaderforge.domain.board_settings import NAMES, settings_of
from leaderforge.domain.boards import Board
from leaderforge.domain.callers import COMMAND

if TYPE_CHECKING:
    from leaderforge.services.boards import BoardService

T = TypeVar("T")

_SETTINGS = f"Settings: {', '.join(NAMES)}. `none` removes a limit. Separate list items by commas."

boards = typer.Typer(no_args_is_help=True, help="List, create, change and delete boards.")

BoardArgument = Annotated[str, typer.Argument(help="Slug of the board, such as laps.", show_default=False)]
SettingWords = Annotated[
    list[str] | None, typer.Argument(metavar="SETTING=VALUE...", help=_SETTINGS, show_default=False)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


@boards.command("list")
def list_(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List all boards by slug."""
    for board in _run(data_dir, lambda service: service.all()):
        typer.echo(f"{board.slug}\t{board.name}\t{board.policy} {board.order}\t{','.join(board.calendar.kinds)}")


@boards.command()
def show(name: BoardArgument, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Show the settings of a board."""
    _show(_run(data_dir, lambda service: service.get(name)))


@boards.command(epilog="Example: leaderforge boards create laps policy=best order=asc unit=ms")
def create(name: BoardArgument, settings: SettingWords = None, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Create a board and show its settings."""
    values = parsed(settings or [])
    _show(_run(data_dir, lambda service: service.create(name, values, COMMAND.actor)))


@boards.command("set", epilog="Example: leaderforge boards set laps max_score=600000 periods=all-time,weekly")
def set_(name: BoardArgument, settings: SettingWords = None, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Change settings of a board and show them all. Every process applies them within 5 seconds."""
    values = parsed(settings or [])
    _show(_run(data_dir, lambda service: service.change(name, values, COMMAND.actor)))


@boards.command()
def delete(name: BoardArgument, *, yes: Yes = False, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Delete a board with all its scores, permanently. It is gone in every process within 5 seconds."""
    if not yes:
        typer.confirm(f"Delete the board {name} with all its scores?", abort=True)
    _run(data_dir, lambda service: service.delete(name, COMMAND.actor))
    typer.echo(f"board {name} deleted")


def _run(data_dir: Path, work: "Callable[[BoardService], Awaitable[T]]") -> T:
    return run_with_services(data_dir, lambda product: work(product.boards))


def _show(board: Board) -> None:
    settings = settings_of(board)
    typer.echo(f"board\t{board.slug}")
    for name in NAMES:
        typer.echo(f"{name}\t{text_of(getattr(settings, name))}")
    if board.backfill is not None:
        typer.echo(f"building\t{text_of(board.backfill.kinds)}")
