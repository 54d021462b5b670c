"""Looking over an index's nodes and partitions."""

import asyncio
import json
from collections.abc import Sequence

from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.survey import PartitionState, Survey, VerificationState


async def survey(cluster: Cluster, keys: IndexKeys, ladders: Sequence[Ladder]) -> Survey:
    """Return what each node and each partition tells; what does not answer holds up nothing else."""
    try:
        nodes = await cluster.nodes()
        names = [await cluster.node_of(slot) for slot in keys.slots]
    except IndexUnavailable:
        return Survey([], [])
    up = {node.name for node in nodes if node.up}
    told = (
        _told(cluster, keys, partition, name, ladders) if name in up else _silent(partition, name)
        for partition, name in enumerate(names)
    )
    shards, inspected = await asyncio.gather(asyncio.gather(*told), _inspection_if_told(cluster, keys))
    return Survey(nodes, shards, inspected)


async def inspection(cluster: Cluster, keys: IndexKeys) -> VerificationState | None:
    """Return the inspection noted last. Raises `IndexUnavailable`."""
    [noted] = await cluster.commands([("GET", keys.verification)])
    return None if noted is None else VerificationState(**json.loads(noted))


async def _inspection_if_told(cluster: Cluster, keys: IndexKeys) -> VerificationState | None:
    try:
        return await inspection(cluster, keys)
    except IndexUnavailable:
        return None


async def _told(
    cluster: Cluster, keys: IndexKeys, partition: int, node: str, ladders: Sequence[Ladder]
) -> PartitionState:
    sizes = [("ZCARD", keys.entries(partition, ladder)) for ladder in ladders]
    asked = [("HGET", keys.meta[partition], "watermark"), ("HLEN", keys.names[partition]), *sizes]
    try:
        watermark, players, *entries = await cluster.commands(asked)
    except IndexUnavailable:
        return await _silent(partition, node)
    return PartitionState(partition, node, None if watermark is None else int(watermark), sum(entries), players)


async def _silent(partition: int, node: str) -> PartitionState:
    return PartitionState(partition, node, None, None, None)
