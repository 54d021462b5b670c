"""A write to a connection that a node has just closed counts as an outage, although uvloop raises its own error."""

import asyncio

import pytest
import uvloop
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as Disconnected

from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.embedded import ValkeyCluster
from tests.waiting import PATIENCE_S


def close_from_afar(connection: AbstractConnection) -> None:
    """Close the transport, as if the node had closed the connection.

    The client notices this only in the next iteration of the event loop. Until then, it may write.
    """
    writer = connection._writer
    assert writer is not None
    writer.transport.abort()


def test_the_write_fails_as_after_any_other_disconnection(valkey: ValkeyCluster) -> None:
    async def write() -> None:
        async with asyncio.timeout(PATIENCE_S):
            cluster = Cluster(valkey.addresses, timeout_s=10)
            connection = await cluster.connect(0)
            close_from_afar(connection)
            with pytest.raises(Disconnected):
                await connection.send_command("PING")
            await cluster.close()

    uvloop.run(write())


def test_the_next_use_of_the_cluster_opens_another_connection(valkey: ValkeyCluster) -> None:
    async def write() -> None:
        async with asyncio.timeout(PATIENCE_S):
            cluster = Cluster(valkey.addresses, timeout_s=10)
            await cluster.commands([("GET", "nothing")])
            assert cluster._client is not None
            for node in cluster._client.get_nodes():
                for connection in node._connections:
                    close_from_afar(connection)
            assert await cluster.commands([("GET", "nothing")]) == [None]
            assert cluster.disruptions == 1
            await cluster.close()

    uvloop.run(write())
