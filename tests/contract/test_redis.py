"""Client of the cluster: outages, retries and large keys, which the contracts of the adapters leave out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import pytest
import redis.asyncio

from leaderforge.adapters.redis.client import WatchedCluster
from leaderforge.adapters.redis.cluster import Call, Cluster
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.standings import Event, standing_of
from leaderforge.embedded import ValkeyCluster
from tests.acceptance.relay import Relay, relay
from tests.conftest import OwnValkey
from tests.contract.index_fixtures import cluster, new_redis_index
from tests.waiting import PATIENCE_S, until

__all__ = ["cluster"]

MAX_STEPS = 1_000
NAMESPACE = "test"
KEYS = IndexKeys(NAMESPACE, 1)


async def test_a_cancelled_use_is_cancelled_whenever_that_is(cluster: Cluster) -> None:
    for steps in range(MAX_STEPS):
        using = asyncio.create_task(cluster.commands([("GET", "nothing")]))
        for _ in range(steps):
            await asyncio.sleep(0)
        if not using.cancel():
            return
        await asyncio.wait([using])
        assert using.cancelled(), f"cancelled after {steps} steps, it went on"
    pytest.fail(f"it never ended within {MAX_STEPS} steps")


async def test_uses_wait_for_their_turn_when_there_are_more_than_connections(cluster: Cluster) -> None:
    long = [("BLPOP", "nothing", "0.3")]
    assert await asyncio.gather(*(cluster.commands(long) for _ in range(300))) == [[None]] * 300


async def test_a_use_goes_on_with_a_client_that_another_use_discards(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    initialize = WatchedCluster.initialize

    async def initialize_before_the_end(client: WatchedCluster) -> WatchedCluster:
        await initialize(client)
        await cluster.renew()
        return client

    async def ping(*_: object, **__: object) -> None:
        raise redis.asyncio.ConnectionError("no answer")

    monkeypatch.setattr(WatchedCluster, "initialize", initialize_before_the_end)
    monkeypatch.setattr(WatchedCluster, "ping", ping)
    assert await cluster.commands([("GET", "nothing")]) == [None]


@pytest.fixture
async def alone(own_valkey: OwnValkey) -> AsyncIterator[tuple[ValkeyCluster, Cluster, RedisIndex]]:
    """Cluster of one node, with a complete index of one partition."""
    server = own_valkey(nodes=1)
    client = Cluster(server.addresses, timeout_s=10)
    index = RedisIndex(client, partitions=1, namespace=NAMESPACE)
    await index.finish_rebuild(await index.begin_rebuild([], [0]), [0], 5)
    yield server, client, index
    await client.close()


async def disconnect_unseen(server: ValkeyCluster, client: Cluster) -> None:
    """Make the client close its connection, by cancelling a call. Fails if the client counts a disruption."""
    before = client.disruptions
    using = asyncio.create_task(client.commands([("BLPOP", "nothing", "0")]))
    async with redis.asyncio.Redis.from_url(f"redis://{server.addresses[0]}") as node:

        async def blocks() -> bool:
            return bool((await node.info("clients"))["blocked_clients"])

        await until(blocks, "the use to reach the server")
    using.cancel()
    await asyncio.wait([using])
    assert client.disruptions == before


async def test_a_closed_connection_is_no_disruption(alone: tuple[ValkeyCluster, Cluster, RedisIndex]) -> None:
    server, client, index = alone
    before = client.disruptions
    await disconnect_unseen(server, client)
    await index.advance(6, disruptions=before)
    assert await index.watermarks() == [6]
    assert client.disruptions == before


async def test_a_restart_between_two_uses_is_seen_on_a_new_connection(
    alone: tuple[ValkeyCluster, Cluster, RedisIndex],
) -> None:
    """Notice the restart only at the next connection, because no connection to the old process was open."""
    server, client, index = alone
    before = client.disruptions
    await disconnect_unseen(server, client)
    await asyncio.to_thread(server.kill, 0)
    await asyncio.to_thread(server.restart, 0)
    assert await index.watermarks() == [None]
    assert client.disruptions > before


async def test_what_vouches_is_not_sent_to_a_restarted_node(alone: tuple[ValkeyCluster, Cluster, RedisIndex]) -> None:
    server, client, index = alone
    before = client.disruptions
    await disconnect_unseen(server, client)
    await asyncio.to_thread(server.kill, 0)
    await asyncio.to_thread(server.restart, 0)
    async with redis.asyncio.Redis.from_url(f"redis://{server.addresses[0]}") as node:
        await node.hset(KEYS.meta[0], "watermark", 5)  # an old watermark, as in an outdated dump of the node
        with pytest.raises(IndexUnavailable):
            await index.advance(6, disruptions=before)
        assert await node.hget(KEYS.meta[0], "watermark") == b"5"
    assert client.disruptions > before


@pytest.fixture(scope="module")
def one_node(no_process_left: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a cluster of one node."""
    with ValkeyCluster(tmp_path_factory.mktemp("relayed"), nodes=1) as server:
        yield int(server.addresses[0].rpartition(":")[2])


@pytest.fixture
async def behind_relay(one_node: int) -> AsyncIterator[tuple[Relay, Cluster, RedisIndex]]:
    """Cluster behind a relay, with a complete index of one partition."""
    async with relay(one_node) as made:
        async with redis.asyncio.Redis(port=one_node) as node:
            await node.config_set("cluster-announce-port", made.port)
            await until(lambda: announces(node, made.port), "the node to announce the relay")
        client = Cluster([f"127.0.0.1:{made.port}"], timeout_s=10)
        index = new_redis_index(client, 1)
        await index.finish_rebuild(await index.begin_rebuild([], [0]), [0], 5)
        yield made, client, index
        await client.close()


async def announces(node: "redis.asyncio.Redis[bytes]", port: int) -> bool:
    return {int(one[2][1]) for one in await node.execute_command("CLUSTER SLOTS")} == {port}


VOUCHING: Mapping[str, Callable[[RedisIndex], Awaitable[object]]] = {
    "advance": lambda index: index.advance(6),
    "finish_rebuild": lambda index: index.finish_rebuild("token", [0], 6),
    "finish_catch_up": lambda index: index.finish_catch_up("token"),
}


@pytest.mark.parametrize("step", VOUCHING)
@pytest.mark.parametrize("cut", ["reset", "after the write"])
async def test_what_vouches_is_never_sent_twice(
    behind_relay: tuple[Relay, Cluster, RedisIndex], step: str, cut: str
) -> None:
    """Do not retry a script that declares the index complete, because a new connection may lead to another server."""
    made, client, index = behind_relay
    before = client.disruptions
    made.written.clear()
    if cut == "reset":
        await made.reset()
    else:
        made.cut_after_write = True
    with pytest.raises(IndexUnavailable):
        await VOUCHING[step](index)
    assert client.disruptions > before
    assert sum(data.count(b"EVAL") for data in made.written) == (cut != "reset")
    made.cut_after_write = False
    await until(lambda: answers(index), "the index to answer again")
    assert await index.watermarks() == [6 if (step, cut) == ("advance", "after the write") else 5]


@pytest.mark.parametrize("cut", ["reset", "after the write"])
async def test_what_may_run_twice_is_repeated_and_the_disruption_counted(
    behind_relay: tuple[Relay, Cluster, RedisIndex], cut: str
) -> None:
    made, client, index = behind_relay
    before = client.disruptions
    if cut == "reset":
        await made.reset()
    else:
        made.cut_after_write = True
    await index.add_names({1: "Ada"})
    assert await index.names([1]) == {1: "Ada"}
    assert client.disruptions == before + 1


async def answers(index: RedisIndex) -> bool:
    try:
        await index.watermarks()
    except IndexUnavailable:
        return False
    return True


async def test_a_slot_in_migration_takes_updates_and_is_vouched_for(own_valkey: OwnValkey) -> None:
    """Update new and erased players during a migration, in which a script fails if one of its keys is missing."""
    server = own_valkey(nodes=2)
    client = Cluster(server.addresses, timeout_s=10)
    index, ladder = RedisIndex(client, partitions=1), Ladder(Board(1, "default", "Default"))
    await index.finish_rebuild(await index.begin_rebuild([ladder], [0]), [0], 5)
    await index.apply(ladder, [standing_of(Event(1, UUID(int=1), 5, 0))])
    await index.add_names({1: "Ada"})
    await migrate(server, client, slot=IndexKeys("leaderforge", 1).slots[0])
    async with asyncio.timeout(PATIENCE_S):
        await index.apply(ladder, [standing_of(Event(2, UUID(int=2), 7, 0))])
        await index.add_erasures({3: 7})
        [late] = await index.apply(ladder, [standing_of(Event(3, UUID(int=3), 9, 0))])
        observed = (await index.observe([ladder], [2]))[ladder]
        assert list(await index.mend(ladder, [2], [], observed)) == []
        before = client.disruptions
        await index.advance(6, disruptions=before)
        assert await index.finish_catch_up(await index.begin_catch_up(), disruptions=before)
        assert list(await index.rows(ladder, [1, 2, 3])) == [1]
    assert late.refused
    assert await index.watermarks() == [6]
    assert client.disruptions == before
    await client.close()


async def migrate(server: ValkeyCluster, client: Cluster, slot: int) -> None:
    """Move all keys of a slot to the other node, and leave the slot in migration."""
    source = await client.node_of(slot)
    [target] = [address for address in server.addresses if address != source]
    async with (
        redis.asyncio.Redis.from_url(f"redis://{source}") as old,
        redis.asyncio.Redis.from_url(f"redis://{target}") as new,
    ):
        old_id, new_id = [(await node.execute_command("CLUSTER MYID")).decode() for node in (old, new)]
        await new.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", old_id)
        await old.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", new_id)
        keys = await old.execute_command("CLUSTER GETKEYSINSLOT", slot, 1000)
        host, _, port = target.rpartition(":")
        await old.execute_command("MIGRATE", host, int(port), "", 0, 5000, "KEYS", *keys)


PLAYERS_OF_A_LARGE_KEY = 3_000
UPDATES_A_STEP = 40
MAX_MEMBERS_A_COMMAND = 500
"""Maximum number of members that one command may delete. Meanwhile the node runs no other command."""


@pytest.fixture
async def watched(alone: tuple[ValkeyCluster, Cluster, RedisIndex]) -> AsyncIterator[redis.asyncio.Redis]:
    """Client of the index's only node, to read the statistics of its commands."""
    async with redis.asyncio.Redis.from_url(f"redis://{alone[0].addresses[0]}") as node:
        yield node


async def fill(index: RedisIndex, ladder: Ladder) -> None:
    await index.load(ladder, [standing_of(Event(i, UUID(int=i), i, 0)) for i in range(1, PLAYERS_OF_A_LARGE_KEY + 1)])
    await index.add_names({i: f"player {i}" for i in range(1, PLAYERS_OF_A_LARGE_KEY + 1)})


@pytest.mark.parametrize("way", ["rebuild", "drop", "drop_ladders"])
async def test_a_large_key_is_freed_in_short_steps(
    alone: tuple[ValkeyCluster, Cluster, RedisIndex], watched: redis.asyncio.Redis, way: str
) -> None:
    """Free the key without DEL and UNLINK: for a large key, DEL blocks the node, and UNLINK its memory allocator."""
    _, _, index = alone
    ladder = Ladder(Board(1, "default", "Default"))
    await fill(index, ladder)
    await watched.config_resetstat()
    keys = [KEYS.entries(0, ladder), KEYS.standings(0, ladder)]
    if way == "rebuild":
        keys.append(KEYS.names[0])
        await index.begin_rebuild([ladder], [0])
    elif way == "drop":
        await index.drop(ladder)
    else:
        await index.drop_ladders([(1, ladder.period)])
    assert await watched.exists(*keys) == 0
    memory, commands = await watched.info("memory"), await watched.info("commandstats")
    assert memory["lazyfreed_objects"] == 0
    assert "cmdstat_del" not in commands
    least = len(keys) * PLAYERS_OF_A_LARGE_KEY / MAX_MEMBERS_A_COMMAND
    assert commands["cmdstat_hdel"]["calls"] + commands["cmdstat_zrem"]["calls"] >= least


async def test_an_update_between_two_steps_of_a_removal_stays_whole(
    alone: tuple[ValkeyCluster, Cluster, RedisIndex], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A removal must delete an entry together with its standing: a load skips a player whose standing has the same
    revision.
    """
    _, client, index = alone
    ladder = Ladder(Board(1, "default", "Default"))
    await fill(index, ladder)
    updates = [standing_of(Event(i, UUID(int=i), i, 1)) for i in range(1, PLAYERS_OF_A_LARGE_KEY + 1)]
    remaining, run = iter(updates), client.run

    async def run_and_update(calls: Sequence[Call]) -> Sequence[Any]:
        replies = await run(calls)
        monkeypatch.undo()
        await index.apply(ladder, list(islice(remaining, UPDATES_A_STEP)))
        monkeypatch.setattr(client, "run", run_and_update)
        return replies

    monkeypatch.setattr(client, "run", run_and_update)
    token = await index.begin_rebuild([ladder], [0])
    monkeypatch.undo()
    await index.load(ladder, updates)
    await index.finish_rebuild(token, [0], 5)
    assert list(await index.differences(ladder, updates)) == []
    assert len(await index.rows(ladder, range(1, PLAYERS_OF_A_LARGE_KEY + 1))) == PLAYERS_OF_A_LARGE_KEY
