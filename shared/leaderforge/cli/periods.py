"""`leaderforge periods`: periods of a board."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, BoardOption, DataDir
from leaderforge.domain.board_settings import DEFAULT_BOARD

if TYPE_CHECKING:
    from leaderforge.services.periods import ListedPeriod, PeriodPage

PastPeriodLimit = Annotated[int, typer.Option(help="Maximum number of past periods.", min=1)]


def periods(
    *, board: BoardOption = DEFAULT_BOARD, limit: PastPeriodLimit = 20, data_dir: DataDir = DEFAULT_DATA_DIR
) -> None:
    """List the current periods of a board, then past ones with scores, latest first."""
    page = run_until_stopped(_periods(data_dir, board, limit))
    for entry in page.periods:
        period = entry.period
        typer.echo(
            f"{period.name}\t{period.kind}\t{_moment(period.starts_at)}\t{_moment(period.ends_at)}\t{_state(entry)}"
        )
    if page.next is not None:
        typer.echo(f"... and more before {page.next}: raise --limit", err=True)


async def _periods(data_dir: Path, board: str, limit: int) -> "PeriodPage":
    from leaderforge.cli.target import board_named, services

    async with services(data_dir) as product:
        return await product.seasons.periods.listing(await board_named(product, board), limit)


def _state(entry: "ListedPeriod") -> str:
    if entry.current:
        return "current"
    where = "index" if entry.indexed else "database"
    return f"{'final' if entry.final else 'accepts late scores'}, in the {where}"


def _moment(milliseconds: int | None) -> str:
    from datetime import UTC, datetime

    if milliseconds is None:
        return "-"
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
