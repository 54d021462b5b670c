"""`leaderforge index build-partitions` and `drop-partitions`: change of the number of partitions."""

from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Annotated

import typer

from leaderforge.cli.counts import counted
from leaderforge.cli.index_nodes import index_settings
from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir
from leaderforge.domain.errors import Refused
from leaderforge.domain.sharding import MAX_PARTITIONS

if TYPE_CHECKING:
    from leaderforge.adapters.redis.cluster import Cluster
    from leaderforge.config import EnvironmentSettings

PartitionCount = Annotated[int, typer.Argument(min=1, max=MAX_PARTITIONS, help="Number of partitions of the index.")]

_UNUSED_MS = 60_000
"""Minimum age in ms of the watermarks of an unused index. The watermarks of a used index rise every few seconds."""
_TIMEOUT_S = 60.0


def build_partitions(partitions: PartitionCount, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Build an index with another number of partitions while the present index stays in use and submissions continue.

    Afterwards, restart all processes with this LEADERFORGE_PARTITIONS. They apply the changes since the build.
    """
    typer.echo(f"{counted(run_until_stopped(_build(partitions, data_dir)), 'standing')} indexed")


def drop_partitions(partitions: PartitionCount, *, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Delete the index with an earlier number of partitions.

    The command refuses if a process has used that index within the last minute. Run an interrupted command again to
    continue it.
    """
    typer.echo(f"{counted(run_until_stopped(_drop(partitions, data_dir)), 'key')} deleted")


async def _build(partitions: int, data_dir: Path) -> int:
    from leaderforge.cli.outages import outlast
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.target import services

    _require_other(partitions, data_dir)
    async with services(data_dir, LEADERFORGE_PARTITIONS=str(partitions)) as product:
        with progress_bar("Building the index", None) as advance:
            return await outlast(product, lambda: product.maintain.rebuild(advance))


async def _drop(partitions: int, data_dir: Path) -> int:
    settings = _require_other(partitions, data_dir)
    await _require_unused(settings, partitions, data_dir)
    cluster = _cluster(settings)
    try:
        return await _delete_keys(cluster, settings.namespace, partitions)
    finally:
        await cluster.close()


async def _require_unused(settings: "EnvironmentSettings", partitions: int, data_dir: Path) -> None:
    """Raise `Refused` if a process has used the index with this number of partitions within the last minute."""
    from leaderforge.cli.target import services

    async with services(data_dir, LEADERFORGE_PARTITIONS=str(partitions)) as product:
        watermarks = await product.parts.index.watermarks()
    if any(watermark is not None and watermark > time() * 1000 - _UNUSED_MS for watermark in watermarks):
        raise Refused(
            f"a process has used the index with {counted(partitions, 'partition')} within the last minute: restart "
            f"all processes with LEADERFORGE_PARTITIONS={settings.partitions}, and drop it a minute later"
        )


def _cluster(settings: "EnvironmentSettings") -> "Cluster":
    from leaderforge.adapters.redis.cluster import Cluster

    password = settings.redis_password
    return Cluster(
        settings.redis_nodes,
        timeout_s=_TIMEOUT_S,
        password=password.get_secret_value() if password else None,
        tls=settings.redis_tls,
    )


async def _delete_keys(cluster: "Cluster", namespace: str, partitions: int) -> int:
    """Delete the keys of the index with this number of partitions. Return the number of deleted keys."""
    from leaderforge.adapters.redis.keys import IndexKeys
    from leaderforge.adapters.redis.removing import remove_index
    from leaderforge.cli.progress import progress_bar

    deleted = 0
    with progress_bar("Deleting keys", None) as advance:

        def report(keys: int) -> None:
            nonlocal deleted
            deleted += keys
            advance(keys)

        await remove_index(cluster, IndexKeys(namespace, partitions), report)
    return deleted


def _require_other(partitions: int, data_dir: Path) -> "EnvironmentSettings":
    """Return the settings. Raises `Refused` if this is the number of partitions of the index in use."""
    settings = index_settings(data_dir)
    if settings.partitions == partitions:
        raise Refused(
            f"the present index has {counted(partitions, 'partition')}: to rebuild it, run `leaderforge rebuild`"
        )
    return settings
