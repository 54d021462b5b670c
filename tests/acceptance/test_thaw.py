"""Connections that the network drops silently while a function is frozen: writes succeed, but get no reply."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import pytest
import redis.asyncio

from functions import maintain, queries, submit
from functions.edge.aws import runtime
from leaderforge.embedded import ValkeyCluster
from tests.acceptance.api_fixtures import environment
from tests.acceptance.conftest import new_database
from tests.acceptance.relay import Relay, relay
from tests.acceptance.test_handlers import Invoke, function_url, invoke, player, told
from tests.api_client import SUBMIT_KEY
from tests.waiting import PATIENCE_S, until

__all__ = ["invoke"]

FOREVER_MS = "60000"
"""Time limit of store and index in ms, so long that the test fails if a call waits on a lost connection."""


@pytest.fixture
async def database(postgres) -> AsyncIterator[tuple[Relay, str]]:
    """Relay to a new database, and the DSN through it."""
    dsn = urlsplit(await new_database(postgres.dsn))
    async with relay(dsn.port) as made:
        there = dsn.netloc.replace(f":{dsn.port}", f":{made.port}")
        yield made, dsn._replace(netloc=there).geturl()


@pytest.fixture
async def nodes(own_valkey) -> AsyncIterator[list[Relay]]:
    """Relays to the nodes of a cluster. The nodes announce the relays' ports to their clients."""
    cluster: ValkeyCluster = own_valkey(nodes=3)
    ports = [int(address.rpartition(":")[2]) for address in cluster.addresses]
    async with AsyncExitStack() as running:
        relays = [await running.enter_async_context(relay(port)) for port in ports]
        for port, made in zip(ports, relays, strict=True):
            async with redis.asyncio.Redis(port=port) as node:
                await node.config_set("cluster-announce-port", made.port)
        await told_everywhere(ports, {made.port for made in relays})
        yield relays


async def told_everywhere(ports: list[int], announced: set[int]) -> None:
    """Return once every node announces these ports for all nodes."""
    for port in ports:
        async with redis.asyncio.Redis(port=port) as node:

            async def tells(node: redis.asyncio.Redis = node) -> bool:
                return {int(one[2][1]) for one in await node.execute_command("CLUSTER SLOTS")} == announced

            await until(tells, f"node {port} to tell of all nodes")


@pytest.fixture
async def settings(nodes: list[Relay], database: tuple[Relay, str]) -> dict[str, str]:
    addresses = [f"127.0.0.1:{made.port}" for made in nodes]
    limits = {"LEADERFORGE_STORE_TIMEOUT_MS": FOREVER_MS, "LEADERFORGE_INDEX_TIMEOUT_MS": FOREVER_MS}
    return environment(addresses, database[1], **limits)


async def test_forgotten_connections_are_replaced_and_no_request_fails(
    invoke: Invoke, nodes: list[Relay], database: tuple[Relay, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await invoke(maintain.handler, {})
    user_id = await player(invoke, function_url)
    monkeypatch.setattr(runtime, "PAUSE_S", 0.0)
    for submissions in (1, 2, 3):
        before = [made.made for made in (*nodes, database[0])]
        for made in (*nodes, database[0]):
            made.forget()
        score = function_url("POST", "/api/scores", {"user_id": user_id, "score": 1}, SUBMIT_KEY)
        async with asyncio.timeout(PATIENCE_S):
            status, receipt = told(await invoke(submit.handler, score))
        assert (status, receipt["submissions"], receipt["rank"]) == (200, submissions, 1)
        assert all(made.made > one for made, one in zip((*nodes, database[0]), before, strict=True))
    read = await invoke(queries.handler, function_url("GET", f"/api/leaderboard/rank/{user_id}"))
    assert read["headers"]["x-leaderforge-source"] == "index"


async def test_connections_that_are_there_are_kept(
    invoke: Invoke, nodes: list[Relay], database: tuple[Relay, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await invoke(maintain.handler, {})
    user_id = await player(invoke, function_url)
    monkeypatch.setattr(runtime, "PAUSE_S", 0.0)
    score = function_url("POST", "/api/scores", {"user_id": user_id, "score": 1}, SUBMIT_KEY)
    made = []
    for _ in range(3):
        assert told(await invoke(submit.handler, score))[0] == 200
        made.append([one.made for one in (*nodes, database[0])])
    assert made[1] == made[2]
