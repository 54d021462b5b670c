"""Rank indexes for the contract suites."""

import os
from collections.abc import AsyncIterator, Callable
from itertools import count

import pytest

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.ports.index import RankIndex

_numbers = count()

NewIndex = Callable[[int], RankIndex]
"""Function that creates an empty, incomplete index. Its argument is the number of partitions."""


def new_redis_index(cluster: Cluster, partitions: int) -> RedisIndex:
    """Return an empty index on a shared cluster, in a namespace of its own."""
    return RedisIndex(cluster, partitions=partitions, namespace=f"test-{os.getpid()}-{next(_numbers)}")


@pytest.fixture(scope="session")
async def cluster(valkey) -> AsyncIterator[Cluster]:
    """Client of the shared cluster."""
    client = Cluster(valkey.addresses, timeout_s=10)
    yield client
    await client.close()


@pytest.fixture(params=["memory", "redis"])
def new_index(request: pytest.FixtureRequest) -> NewIndex:
    if request.param == "memory":
        return MemoryIndex
    cluster = request.getfixturevalue("cluster")
    return lambda partitions: new_redis_index(cluster, partitions)
