"""Reads from replicas, to measure their effect. The product reads from primaries only, to return the latest ranks."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import Connection

from leaderforge.adapters.redis.client import WatchedCluster
from leaderforge.adapters.redis.cluster import Call, Cluster
from leaderforge.adapters.redis.scripts import script

READING = "rows", "counts"


class ReplicaClient(WatchedCluster):
    """Client whose connections may read from replicas."""

    async def on_connect(self, connection: Connection) -> None:
        await super().on_connect(connection)
        await connection.send_command("READONLY")
        await connection.read_response()


class ReplicaCluster(Cluster):
    """Client that runs the scripts for reads of ranks on primaries and replicas in turn."""

    async def teach(self) -> None:
        """Load the scripts into all nodes: a primary does not replicate them."""
        async with self._guarded() as client:
            for name in READING:
                await client.execute_command("SCRIPT LOAD", script(name).source, target_nodes=RedisCluster.ALL_NODES)

    async def run(self, calls: Sequence[Call]) -> list[Any]:
        async with self._guarded() as client:
            pipeline = client.pipeline()
            for call in calls:
                node = client.nodes_manager.get_node_from_slot(call.slot, read_from_replicas=True)
                parts = "EVALSHA_RO", call.script.sha, len(call.keys), *call.keys, *call.args
                pipeline.execute_command(*parts, target_nodes=node)
            return list(await pipeline.execute())

    def _new_client(self) -> "ReplicaClient":
        nodes = [ClusterNode(host, int(port)) for host, _, port in (n.rpartition(":") for n in self._nodes)]
        return ReplicaClient(
            self._runs,
            self._on_restart,
            startup_nodes=nodes,
            read_from_replicas=True,
            socket_timeout=self._timeout_s,
        )
