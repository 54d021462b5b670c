"""`leaderforge claim-names`: claims of stored names, and a report of names that break the present rules."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir

if TYPE_CHECKING:
    from leaderforge.services.name_review import ReviewedNames

_REPORTED = 20
"""Maximum number of collisions, and of refused names, that are printed."""

After = Annotated[
    int | None, typer.Option(help="Skip the players up to this id, to continue a run that was stopped.", metavar="ID")
]


def claim_names(*, after: After = None, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Make stored names unique, after LEADERFORGE_UNIQUE_NAMES was 0 or after an upgrade from 0.2.0 or earlier.

    List players who share a name with another player, and stored names that break the present rules. Exit with 1 if
    there are any. Stored names stay as they are. The command is idempotent, and safe to run while the service runs.
    """
    report = _Report(after)
    try:
        run_until_stopped(_claim_names(report, data_dir))
    except BaseException:
        if report.last_id is not None:
            typer.echo(f"stopped after player {report.last_id}: continue with --after {report.last_id}", err=True)
        raise
    report.finish()


async def _claim_names(report: "_Report", data_dir: Path) -> None:
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.target import services
    from leaderforge.domain.errors import LeaderForgeError
    from leaderforge.services.name_review import release_stale, review_names

    async with services(data_dir) as product:
        if product.parts.claim_names is None or product.parts.release_stale_claims is None:
            raise LeaderForgeError("this store has no claims")
        # First release stale claims. Otherwise, each of them would count as a collision.
        await release_stale(product.parts.release_stale_claims)
        with progress_bar("Checking names", None) as advance:
            async for names in review_names(product.parts.claim_names, product.players.name_rules, report.last_id):
                report.add(names)
                advance(names.players)


class _Report:
    """Report of a run. `add` prints the first collisions and refused names."""

    def __init__(self, last_id: int | None) -> None:
        self.last_id = last_id
        self._claimed = self._collisions = self._refused = 0

    def add(self, names: "ReviewedNames") -> None:
        """Print and count the problems of a chunk."""
        for collision in names.collisions[: max(0, _REPORTED - self._collisions)]:
            typer.echo(f"player {collision.user_id} has the name of player {collision.owner_id}: {collision.key!r}")
        # Escape the name, which may be invisible, look like another name or reverse the direction of the line.
        for name in names.refused[: max(0, _REPORTED - self._refused)]:
            typer.echo(f"player {name.user_id} has the name {name.username!a}: {name.reason}")
        self.last_id = names.last_id
        self._claimed += names.claimed
        self._collisions += len(names.collisions)
        self._refused += len(names.refused)

    def finish(self) -> None:
        """Print the numbers. Exit with 1 if there are problems."""
        if max(self._collisions, self._refused) > _REPORTED:
            typer.echo(f"at most {_REPORTED} players of each kind are listed")
        typer.echo(
            f"{self._claimed:,} names made unique, {self._collisions:,} collisions, "
            f"{self._refused:,} names that are refused today"
        )
        if self._collisions or self._refused:
            raise typer.Exit(1)
