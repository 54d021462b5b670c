"""`leaderforge index`: nodes of the rank index."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leaderforge.cli.counts import counted
from leaderforge.cli.progress import Advance
from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir

if TYPE_CHECKING:
    from leaderforge.adapters.redis.scaling.membership import Membership
    from leaderforge.config import EnvironmentSettings

index = typer.Typer(
    no_args_is_help=True, help="Change the nodes and partitions of the rank index while the service runs."
)

NodeAddress = Annotated[str, typer.Argument(metavar="HOST:PORT", help="Address of the node.")]
ReplicaOf = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="Make the node a replica of this primary instead.")
]
KeyByKey = Annotated[
    bool, typer.Option("--key-by-key", help="Move keys one after another, even if the servers can move slots at once.")
]

_LEASE_WAIT_S = 30.0
"""Time in s to wait for the end of another change. If that process crashed, its lease expires after some seconds."""


@index.command()
def nodes(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the nodes of the index with their slots and partitions."""
    run_until_stopped(_nodes(data_dir))


@index.command()
def add_node(
    address: NodeAddress,
    *,
    replica_of: ReplicaOf = None,
    key_by_key: KeyByKey = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Let an empty node join the index, and move an equal share of the slots to it.

    Clients read and write meanwhile. Run an interrupted command again to continue it.
    """
    if replica_of is not None:
        run_until_stopped(_change(data_dir, lambda members, _: members.add_replica(address, replica_of)))
        typer.echo(f"{address} is a replica of {replica_of}")
        return
    moved = run_until_stopped(_change(data_dir, lambda members, advance: members.add(address, advance), key_by_key))
    typer.echo(f"{counted(moved, 'slot')} moved; name {address} in LEADERFORGE_REDIS_NODES too")


@index.command()
def remove_node(address: NodeAddress, *, key_by_key: KeyByKey = False, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Move all slots of a node to the others, and let the node leave the index. Stop the node's server afterwards.

    Clients read and write meanwhile. Run an interrupted command again to continue it.
    """
    moved = run_until_stopped(_change(data_dir, lambda members, advance: members.remove(address, advance), key_by_key))
    typer.echo(
        f"{counted(moved, 'slot')} moved; remove {address} from LEADERFORGE_REDIS_NODES before you stop its server"
    )


@index.command()
def balance(*, key_by_key: KeyByKey = False, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Give all primary nodes equal shares of the partitions and slots, such as after a change of the partitions.

    Clients read and write meanwhile. Run an interrupted command again to continue it.
    """
    moved = run_until_stopped(_change(data_dir, lambda members, advance: members.balance(advance), key_by_key))
    typer.echo(f"{counted(moved, 'slot')} moved")


async def _nodes(data_dir: Path) -> None:
    from leaderforge.adapters.redis.keys import IndexKeys

    settings = index_settings(data_dir)
    partition_slots = IndexKeys(settings.namespace, settings.partitions).slots
    async with _membership(settings, key_by_key=False) as members:
        for node in await members.nodes():
            partitions = sum(slot in node.slots for slot in partition_slots)
            share = f"{counted(len(node.slots), 'slot')}, {counted(partitions, 'partition')}"
            typer.echo(f"{node.address}: {'replica' if node.is_replica else share}")


async def _change(
    data_dir: Path, change: "Callable[[Membership, Advance], Awaitable[int | None]]", key_by_key: bool = False
) -> int:
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.target import services
    from leaderforge.services.leases import Lease

    async with (
        services(data_dir) as product,
        _membership(index_settings(data_dir), key_by_key=key_by_key) as members,
        # Make one change at a time: two concurrent changes could move the keys of one slot to two different nodes.
        Lease(product.parts.index, "scaling").exclusive(_LEASE_WAIT_S),
    ):
        with progress_bar("Moving slots", None) as advance:
            return await change(members, advance) or 0


@asynccontextmanager
async def _membership(settings: "EnvironmentSettings", *, key_by_key: bool) -> "AsyncIterator[Membership]":
    from leaderforge.adapters.redis.keys import IndexKeys
    from leaderforge.adapters.redis.scaling.membership import Membership
    from leaderforge.adapters.redis.scaling.nodes import Access, NodeClients

    password = settings.redis_password
    clients = NodeClients(Access(password.get_secret_value() if password else None, settings.redis_tls))
    partition_slots = IndexKeys(settings.namespace, settings.partitions).slots
    try:
        yield Membership(clients, settings.redis_nodes, partition_slots, key_by_key=key_by_key)
    finally:
        await clients.close()


def index_settings(data_dir: Path) -> "EnvironmentSettings":
    """Return the settings of the target service. Raises `SettingsError`."""
    from leaderforge.cli.target import environment
    from leaderforge.config import EnvironmentSettings

    return EnvironmentSettings.from_environment(environment(data_dir))
