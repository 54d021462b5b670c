"""Contract of change feeds."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from itertools import count

import pytest

from leaderforge.adapters.clock import now_ms
from leaderforge.adapters.memory.feed import MemoryChannel, MemoryFeed
from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.feed import RedisFeed
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.domain.changes import Heard, LadderChange
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.ports.changes import ChangeFeed
from tests.conftest import OwnValkey
from tests.contract.index_fixtures import cluster
from tests.waiting import PATIENCE_S

__all__ = ["cluster"]

CHANGE = LadderChange(b"\x00\xffkey", grown=False, board_id=7, period=3)
MANY = [LadderChange(b"%d" % i, board_id=i, period=0) for i in range(1000)]

NewFeed = Callable[[], ChangeFeed]
_numbers = count()


@pytest.fixture(params=["memory", "redis"])
def new_feed(request: pytest.FixtureRequest) -> NewFeed:
    """Factory of feeds on one channel."""
    if request.param == "memory":
        channel = MemoryChannel()
        return lambda: MemoryFeed(channel)
    cluster = request.getfixturevalue("cluster")
    keys = IndexKeys(f"test-feed-{os.getpid()}-{next(_numbers)}", 3)
    return lambda: RedisFeed(cluster, keys)


async def changes(hearing: AsyncGenerator[Heard, None]) -> Heard:
    """Return the next item with changes."""
    async with asyncio.timeout(PATIENCE_S):
        while not (heard := await anext(hearing)).changes:
            pass
    return heard


async def confirmed(hearing: AsyncGenerator[Heard, None]) -> int:
    """Wait for the next confirmation of the feed. Return its time (ms): all earlier changes were received."""
    async with asyncio.timeout(PATIENCE_S):
        while (heard := await anext(hearing)).until is None:
            pass
    return heard.until


async def test_what_one_announces_the_others_hear(new_feed: NewFeed) -> None:
    one, other, third = new_feed(), new_feed(), new_feed()
    async with aclosing(other.hear(now_ms)) as hearing, aclosing(third.hear(now_ms)) as too:
        assert not (await anext(hearing)).changes
        assert not (await anext(too)).changes
        await one.announce([CHANGE])
        await one.announce(MANY)
        assert list((await changes(hearing)).changes) == list((await changes(too)).changes) == [CHANGE]
        assert list((await changes(hearing)).changes) == MANY


async def test_changes_without_a_board_or_a_period_stay_so(new_feed: NewFeed) -> None:
    every = [LadderChange(), LadderChange(board_id=2)]
    async with aclosing(new_feed().hear(now_ms)) as hearing:
        await anext(hearing)
        await new_feed().announce(every)
        assert list((await changes(hearing)).changes) == every


async def test_nobody_hears_what_it_said_itself(new_feed: NewFeed) -> None:
    one, other = new_feed(), new_feed()
    async with aclosing(one.hear(now_ms)) as hearing:
        await anext(hearing)
        await one.announce([LadderChange(b"own")])
        await other.announce([CHANGE])
        assert list((await changes(hearing)).changes) == [CHANGE]


async def test_it_tells_again_and_again_until_when_everything_is_heard(new_feed: NewFeed) -> None:
    before = now_ms()
    async with aclosing(new_feed().hear(now_ms)) as hearing:
        since = await confirmed(hearing)
        first, second = await confirmed(hearing), await confirmed(hearing)
    assert before <= since <= first < second <= now_ms()


async def test_what_was_announced_before_the_confirmed_time_is_heard_before_it(new_feed: NewFeed) -> None:
    async with aclosing(new_feed().hear(now_ms)) as hearing:
        await anext(hearing)
        await new_feed().announce([CHANGE])
        announced = now_ms()
        heard: list[Heard] = []
        async with asyncio.timeout(PATIENCE_S):
            while not heard or heard[-1].until is None or heard[-1].until <= announced:
                heard.append(await anext(hearing))
    assert [c for one in heard for c in one.changes] == [CHANGE]


async def test_the_twin_breaks_off_and_can_be_heard_again() -> None:
    channel = MemoryChannel()
    feed = MemoryFeed(channel)
    async with aclosing(feed.hear(now_ms)) as hearing:
        await anext(hearing)
        channel.break_off()
        with pytest.raises(IndexUnavailable):
            await anext(hearing)
    with pytest.raises(IndexUnavailable):
        await feed.announce([CHANGE])
    channel.broken = False
    async with aclosing(feed.hear(now_ms)) as hearing:
        assert (await anext(hearing)).until


@pytest.fixture
async def breakable(own_valkey: OwnValkey) -> AsyncIterator[tuple[object, RedisFeed, RedisFeed]]:
    """Cluster with a replica for each node, and two feeds with separate clients."""
    valkey = await asyncio.to_thread(own_valkey, nodes=3, replicas=1)
    clients = [Cluster(valkey.addresses, timeout_s=1) for _ in range(2)]
    yield valkey, *(RedisFeed(client, IndexKeys("feed", 3), silence_s=0.5) for client in clients)
    for client in clients:
        await client.close()


async def heard_by(hearing_feed: ChangeFeed, feed: ChangeFeed) -> None:
    """Return once `hearing_feed` receives an announcement of `feed`. Retry while either feed looks for its node."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                async with aclosing(hearing_feed.hear(now_ms)) as hearing:
                    await anext(hearing)
                    await feed.announce([CHANGE])
                    assert list((await changes(hearing)).changes) == [CHANGE]
                    return
            except IndexUnavailable:
                await asyncio.sleep(0.05)


async def lost(hearing: AsyncGenerator[Heard, None]) -> None:
    """Return once the feed has reported that it may have missed changes."""
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(IndexUnavailable):
            await _last(hearing)


async def _last(hearing: AsyncGenerator[Heard, None]) -> None:
    async for _ in hearing:
        pass


async def test_a_node_killed_is_noticed_and_its_replica_found(breakable) -> None:
    valkey, one, other = breakable
    await heard_by(one, other)
    async with aclosing(one.hear(now_ms)) as hearing:
        await anext(hearing)
        valkey.kill(0)
        await lost(hearing)
    await heard_by(one, other)
    await heard_by(other, one)


async def test_a_node_frozen_is_noticed(breakable) -> None:
    valkey, one, other = breakable
    async with aclosing(one.hear(now_ms)) as hearing:
        await anext(hearing)
        valkey.pause(0)
        await lost(hearing)
    valkey.resume(0)
    await heard_by(one, other)


async def test_ids_of_changed_players(new_feed: NewFeed) -> None:
    async with aclosing(new_feed().hear(now_ms)) as hearing:
        await anext(hearing)
        sender = new_feed()
        await sender.announce([], [7, "player|eu|00042", -1])
        await sender.announce([CHANGE], ["a"])
        heard = []
        async with asyncio.timeout(PATIENCE_S):
            while len(heard) < 2:
                message = await anext(hearing)
                heard += [message] if message.identities else []
        assert [list(message.identities) for message in heard] == [[7, "player|eu|00042", -1], ["a"]]
        assert [list(message.changes) for message in heard] == [[], [CHANGE]]
