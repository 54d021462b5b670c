"""`leaderforge migrate`, `rebuild`, `verify` and `reconcile`."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leaderforge.cli.counts import counted
from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir
from leaderforge.domain.errors import Refused

if TYPE_CHECKING:
    from leaderforge.domain.settlement import SettlementFault
    from leaderforge.services.comparison import Verification
    from leaderforge.services.correcting import Rebuilt

INCOMPLETE = 3
"""Exit code of `verify` if nothing differs, but the index is incomplete."""

_REPORTED = 20
"""Maximum number of differences that are printed."""
FAULTS = {
    "other": "differs between index and database",
    "extra": "is in the index only",
    "stray": "has an entry in a segment of other players in the index",
}
"""Text of each `DifferenceKind`, by value: the enumeration is imported only when a command needs it."""


def migrate(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Upgrade the database schema to this version. The command is idempotent and safe to run concurrently."""
    from leaderforge.cli.target import store_dsn
    from leaderforge.wiring import migrate as run

    applied = run_until_stopped(run(store_dsn(data_dir)))
    typer.echo(f"applied migrations: {', '.join(applied)}" if applied else "nothing to do")


def rebuild(
    *,
    empty: Annotated[
        bool, typer.Option("--empty", help="Empty the partitions first. Reads use the database meanwhile.")
    ] = False,
    partition: Annotated[list[int] | None, typer.Option(help="Rebuild only this partition. May be repeated.")] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Rebuild the rank index from the database while submissions continue.

    Complete partitions are compared with the database and corrected in place, and reads continue to use them.
    Incomplete partitions are emptied and loaded, and with --empty all chosen ones. Reads use the database until the
    load is finished. After an outage of the index, such as a broken connection, the rebuild starts again.
    """
    rebuilt = run_until_stopped(_rebuild(data_dir, partition, empty=empty))
    if rebuilt.loaded or not (rebuilt.compared or rebuilt.corrected or rebuilt.names):
        typer.echo(f"{counted(rebuilt.loaded, 'standing')} indexed")
    if rebuilt.compared or rebuilt.corrected:
        typer.echo(f"{counted(rebuilt.compared, 'standing')} compared, {rebuilt.corrected:,} corrected")
    if rebuilt.names:
        typer.echo(f"{counted(rebuilt.names, 'name')} corrected")


async def _rebuild(data_dir: Path, partitions: "Collection[int] | None", *, empty: bool) -> "Rebuilt":
    from leaderforge.cli.outages import outlast
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.target import services
    from leaderforge.services.correcting import Rebuilt

    async with services(data_dir) as product:
        maintain = product.maintain
        _require_partitions(partitions or (), product.parts.index.partitions)
        with progress_bar("Rebuilding the index", None) as advance:
            if not empty:
                return await outlast(product, lambda: maintain.rebuild_in_place(advance, partitions=partitions))
            return Rebuilt(await outlast(product, lambda: maintain.rebuild(advance, partitions=partitions)))


def _require_partitions(partitions: "Collection[int]", count: int) -> None:
    """Raise `Refused` if the index, which has `count` partitions, lacks one of these partitions."""
    unknown = sorted(p for p in partitions if not 0 <= p < count)
    if unknown:
        raise Refused(f"the index has no partition {unknown[0]}: its partitions are 0 to {count - 1}")


def _print_differences(verification: "Verification", *, is_maintained: bool) -> None:
    if not verification.complete:
        typer.echo(_incompleteness(verification.incomplete, is_maintained=is_maintained))
    for difference in verification.differences[:_REPORTED]:
        typer.echo(f"board {difference.board}: player {difference.user_id} {FAULTS[difference.kind]}")
    if verification.differing > _REPORTED:
        typer.echo(f"... and {verification.differing - min(_REPORTED, len(verification.differences)):,} more")
    for board_id, count in verification.orphans.items():
        typer.echo(
            f"board id {board_id} does not exist, but has {counted(count, 'standing')}: restore its row of the table "
            "boards"
        )


def verify(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Compare every standing in the database with the rank index, and list the differences.

    Also list standings of boards that do not exist. List results of settled periods, team scores, and checkpoints of
    past moments that contradict the stored scores. Exit with 1 if the list has any of these, and with 3 if it has none
    but the index is incomplete.
    """
    verification, faults, is_maintained = run_until_stopped(_verify(data_dir))
    _print_differences(verification, is_maintained=is_maintained)
    _print_faults(faults)
    typer.echo(f"{counted(verification.checked, 'standing')} compared, {verification.differing:,} differ")
    if faults or not verification.clean:
        raise typer.Exit(1 if verification.differences or verification.orphans or faults else INCOMPLETE)


def _print_faults(faults: "Sequence[SettlementFault]") -> None:
    for fault in faults[:_REPORTED]:
        typer.echo(f"board {fault.board}, period {fault.period}: {fault.text}")
    if len(faults) > _REPORTED:
        typer.echo(f"... and {len(faults) - _REPORTED:,} more")


def _incompleteness(partitions: "Sequence[int]", *, is_maintained: bool) -> str:
    """Return the message about an incomplete index: the reason, and the next step for the operator."""
    cause = (
        "another process is rebuilding it; verify again afterwards"
        if is_maintained
        else "they are new or were lost, and no process rebuilds them now: start an API or a worker, "
        "or run `leaderforge rebuild`"
    )
    return f"the index is incomplete, partitions {', '.join(map(str, partitions))}: {cause}"


async def _verify(data_dir: Path) -> "tuple[Verification, Sequence[SettlementFault], bool]":
    from leaderforge.cli.outages import outlast
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.target import services

    async with services(data_dir) as product:
        with progress_bar("Comparing", None) as advance:
            verification = await outlast(product, lambda: product.maintain.verify(advance))
        parts = product.seasons.settlement, product.teams.scores, product.moment_comparison
        faults = [fault for part in parts for fault in await part.faults()]
        return verification, faults, await product.maintain.is_maintained_elsewhere()


def reconcile(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Apply changes of the last seconds that the index missed. Rebuild the index if it was lost.

    API processes reconcile the index every few seconds, without this command.
    """
    typer.echo(f"{counted(run_until_stopped(_reconcile(data_dir)), 'standing')} checked")


async def _reconcile(data_dir: Path) -> int:
    from leaderforge.cli.outages import outlast
    from leaderforge.cli.target import services

    async with services(data_dir) as product:
        return await outlast(product, product.maintain.reconcile)
