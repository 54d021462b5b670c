"""`leaderforge citus`: workers of a distributed database."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leaderforge.cli.counts import counted
from leaderforge.cli.progress import Advance
from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir

if TYPE_CHECKING:
    from leaderforge.adapters.postgres.worker_nodes import WorkerNodes, WorkerShare

citus = typer.Typer(no_args_is_help=True, help="Add and remove workers of Citus while the service runs.")

WorkerAddress = Annotated[str, typer.Argument(metavar="HOST:PORT", help="Address, as the coordinator reaches it.")]


@citus.command()
def workers(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the workers with their numbers of shards."""
    for share in run_until_stopped(_shares(data_dir)):
        typer.echo(f"{share.address}: {counted(share.shards, 'shard')} of players")


@citus.command()
def add_worker(address: WorkerAddress, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Register a worker, and move an equal share of the players to it.

    The worker needs a database of the same name with the extension citus. Clients read and write meanwhile. Run an
    interrupted command again to continue it.
    """
    moves = run_until_stopped(_change(data_dir, lambda nodes, advance: nodes.add(address, advance)))
    _print_moves(moves)


@citus.command()
def remove_worker(address: WorkerAddress, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Move all players of a worker to the others, and remove the worker. Stop the worker's server afterwards.

    Clients read and write meanwhile. Run an interrupted command again to continue it.
    """
    moves = run_until_stopped(_change(data_dir, lambda nodes, advance: nodes.remove(address, advance)))
    _print_moves(moves)


@citus.command()
def rebalance(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Spread the players evenly over all workers while clients read and write."""
    _print_moves(run_until_stopped(_change(data_dir, lambda nodes, advance: nodes.rebalance(advance))))


def _print_moves(moves: int) -> None:
    typer.echo("1 group of shards moved" if moves == 1 else f"{moves:,} groups of shards moved")


async def _shares(data_dir: Path) -> "list[WorkerShare]":
    from leaderforge.adapters.postgres.worker_nodes import worker_nodes
    from leaderforge.cli.target import store_dsn

    async with worker_nodes(store_dsn(data_dir)) as nodes:
        return list(await nodes.shares())


async def _change(data_dir: Path, change: "Callable[[WorkerNodes, Advance], Awaitable[int]]") -> int:
    from leaderforge.adapters.postgres.worker_nodes import worker_nodes
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.target import store_dsn

    async with worker_nodes(store_dsn(data_dir)) as nodes:
        with progress_bar("Moving players", None) as advance:
            return await change(nodes, advance)
