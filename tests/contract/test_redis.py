"""What the client of the cluster promises beyond the contracts of its users."""

import asyncio

import pytest

from leaderforge.adapters.redis.cluster import Cluster
from tests.contract.index_fixtures import cluster

__all__ = ["cluster"]

MOST_STEPS = 1_000


async def test_a_cancelled_use_is_cancelled_whenever_that_is(cluster: Cluster) -> None:
    for steps in range(MOST_STEPS):
        using = asyncio.create_task(cluster.commands([("GET", "nothing")]))
        for _ in range(steps):
            await asyncio.sleep(0)
        if not using.cancel():
            return
        await asyncio.wait([using])
        assert using.cancelled(), f"cancelled after {steps} steps, it went on"
    pytest.fail(f"it never ended within {MOST_STEPS} steps")


async def test_uses_wait_for_their_turn_when_there_are_more_than_connections(cluster: Cluster) -> None:
    long = [("BLPOP", "nothing", "0.3")]
    assert await asyncio.gather(*(cluster.commands(long) for _ in range(300))) == [[None]] * 300
