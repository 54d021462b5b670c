"""State of the nodes and partitions of the index."""

import asyncio
import json
from collections.abc import Sequence

from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.survey import PartitionState, Survey, VerificationState


async def survey(cluster: Cluster, keys: IndexKeys, ladders: Sequence[Ladder]) -> Survey:
    """Return the state of each node and partition. A node without an answer does not delay the other nodes."""
    try:
        nodes = await cluster.nodes()
        names = [await cluster.node_of(slot) for slot in keys.slots]
    except IndexUnavailable:
        return Survey([], [])
    up = {node.name for node in nodes if node.up}
    states = (
        _partition_state(cluster, keys, partition, name, ladders) if name in up else _unknown_state(partition, name)
        for partition, name in enumerate(names)
    )
    return Survey(nodes, *await asyncio.gather(asyncio.gather(*states), _verification_or_none(cluster, keys)))


async def read_verification(cluster: Cluster, keys: IndexKeys) -> VerificationState | None:
    """Return the stored verification state, None if no state is stored. Raises `IndexUnavailable`."""
    [text] = await cluster.commands([("GET", keys.verification)])
    return None if text is None else VerificationState(**json.loads(text))


async def _verification_or_none(cluster: Cluster, keys: IndexKeys) -> VerificationState | None:
    try:
        return await read_verification(cluster, keys)
    except IndexUnavailable:
        return None


async def _partition_state(
    cluster: Cluster, keys: IndexKeys, partition: int, node: str, ladders: Sequence[Ladder]
) -> PartitionState:
    sizes = [("ZCARD", keys.entries(partition, ladder)) for ladder in ladders]
    commands = [("HGET", keys.meta[partition], "watermark"), ("HLEN", keys.names[partition]), *sizes]
    try:
        watermark, players, *entries = await cluster.commands(commands)
    except IndexUnavailable:
        return await _unknown_state(partition, node)
    return PartitionState(partition, node, None if watermark is None else int(watermark), sum(entries), players)


async def _unknown_state(partition: int, node: str) -> PartitionState:
    return PartitionState(partition, node, None, None, None)
