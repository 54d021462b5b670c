"""`leaderforge migrate`, `rebuild`, `verify` and `reconcile`."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir

if TYPE_CHECKING:
    from leaderforge.services.maintain import Verification

_REPORTED = 20


def migrate(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Bring the database's tables up to this version. Safe to run again, and from several places at once."""
    from leaderforge.cli.target import environment
    from leaderforge.wiring import migrate as run

    applied = run_until_stopped(run(environment(data_dir)["LEADERFORGE_POSTGRES_DSN"]))
    typer.echo(f"applied migrations: {', '.join(applied)}" if applied else "nothing to do")


def rebuild(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Build the rank index anew from the database, while submissions go on.

    Reads are answered from the database until it is done.
    """
    typer.echo(f"{run_until_stopped(_rebuild(data_dir)):,} standings indexed")


async def _rebuild(data_dir: Path) -> int:
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.target import services

    async with services(data_dir) as product:
        with progress_bar("Rebuilding the index", None) as advance:
            return await product.maintain.rebuild(advance)


def verify(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Compare every standing in the database with the rank index; exit with 1 and name what differs."""
    found = run_until_stopped(_verify(data_dir))
    if not found.complete:
        typer.echo("the index is not complete: it awaits its rebuild, or run `leaderforge rebuild`")
    for difference in found.differences[:_REPORTED]:
        fault = "is in the index only" if difference.extra else "is not in the index as the database has it"
        typer.echo(f"board {difference.board}: player {difference.user_id} {fault}")
    if len(found.differences) > _REPORTED:
        typer.echo(f"... and {len(found.differences) - _REPORTED:,} more")
    typer.echo(f"{found.checked:,} standings compared, {len(found.differences):,} differ")
    if not found.clean:
        raise typer.Exit(1)


async def _verify(data_dir: Path) -> "Verification":
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.target import services

    async with services(data_dir) as product:
        with progress_bar("Comparing", None) as advance:
            return await product.maintain.verify(advance)


def reconcile(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Apply to the index what a crash may have left behind, up to a few seconds ago, and build it if it was lost.

    API processes do so by themselves every few seconds.
    """
    typer.echo(f"{run_until_stopped(_reconcile(data_dir)):,} standings looked at")


async def _reconcile(data_dir: Path) -> int:
    from leaderforge.cli.target import services

    async with services(data_dir) as product:
        return await product.maintain.reconcile()
