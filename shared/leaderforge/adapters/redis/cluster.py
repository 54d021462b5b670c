"""Running scripts on the cluster's partitions, many in one round trip a node."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AskError, MovedError, NoScriptError, RedisClusterException, RedisError, TryAgainError

from leaderforge.adapters.redis.scripts import Script
from leaderforge.domain.errors import IndexUnavailable

_PAUSE_S = 0.25
_TRY_AGAIN_S = 0.02
_MOVES = (AskError, MovedError, TryAgainError)
"""What nodes say of a slot that is being moved."""


@dataclass(frozen=True, slots=True)
class Call:
    """A script call on the keys of one partition, which lie in one slot."""

    slot: int
    script: Script
    keys: Sequence[bytes]
    args: Sequence[bytes | int | str]


class Cluster:
    """A client of the cluster that belongs to the running event loop and heals itself.

    Every use ends within `timeout_s` seconds. After a failure, one caller at a time tries again, every quarter of a
    second, and the others are refused at once: a node that hangs costs the service no queue of waiting requests.
    """

    def __init__(
        self, nodes: Sequence[str], *, timeout_s: float, password: str | None = None, tls: bool = False
    ) -> None:
        self._nodes = nodes
        self._timeout_s = timeout_s
        self._password = password
        self._tls = tls
        self._client: RedisCluster | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._retry_at: float | None = None

    async def run(self, calls: Sequence[Call]) -> list[Any]:
        """Run the calls and return their replies in order. Raises `IndexUnavailable`."""
        async with self._guarded() as client:
            replies = await _execute(client, [("EVALSHA", call.script.sha, call) for call in calls])
            unknown = [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
            if unknown:
                # A restarted or promoted node has lost its scripts; EVAL teaches them again.
                again = await _execute(client, [("EVAL", calls[i].script.source, calls[i]) for i in unknown])
                for i, reply in zip(unknown, again, strict=True):
                    replies[i] = reply
            for reply in replies:
                if isinstance(reply, Exception):
                    raise reply
            return replies

    async def commands(self, commands: Sequence[Sequence[bytes | int | str]]) -> list[Any]:
        """Run plain commands, each on one key, and return their replies in order. Raises `IndexUnavailable`."""
        async with self._guarded() as client:
            pipeline = client.pipeline()
            for command in commands:
                pipeline.execute_command(*command)
            return await pipeline.execute()

    async def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[RedisCluster]:
        if self._retry_at is not None:
            if monotonic() < self._retry_at:
                raise IndexUnavailable("the rank index is out of reach; trying again shortly")
            self._retry_at = monotonic() + self._timeout_s + _PAUSE_S
        try:
            async with asyncio.timeout(self._timeout_s):
                yield await self._connected()
        except (RedisError, RedisClusterException, OSError, TimeoutError) as error:
            self._retry_at = monotonic() + _PAUSE_S
            raise IndexUnavailable(f"the rank index did not answer: {type(error).__name__}") from error
        self._retry_at = None

    async def _connected(self) -> RedisCluster:
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._client = self._new_client()
            self._loop = loop
        return await self._client.initialize()

    def _new_client(self) -> RedisCluster:
        nodes = [ClusterNode(host, int(port)) for host, _, port in (n.rpartition(":") for n in self._nodes)]
        return RedisCluster(
            startup_nodes=nodes,
            password=self._password,
            ssl=self._tls,
            retry=Retry(NoBackoff(), 1),
            socket_timeout=self._timeout_s,
            socket_connect_timeout=self._timeout_s,
            # The cluster may be reached through one address while its nodes come and go.
            dynamic_startup_nodes=False,
        )


async def _execute(client: RedisCluster, evals: Sequence[tuple[str, str, Call]]) -> list[Any]:
    replies = await _sent(client, evals, [None] * len(evals))
    # redis-py follows such replies too, but may say ASKING on one connection and the command on another.
    while moved := [i for i, reply in enumerate(replies) if isinstance(reply, _MOVES)]:
        asked = [await _followed(client, replies[i]) for i in moved]
        again = await _sent(client, [evals[i] for i in moved], asked)
        for i, reply in zip(moved, again, strict=True):
            replies[i] = reply
    return replies


async def _sent(
    client: RedisCluster, evals: Sequence[tuple[str, str, Call]], asked: Sequence[ClusterNode | None]
) -> list[Any]:
    """Send each call to the node that has its slot or, where there is one, to the node that is to be asked for it."""
    pipeline = client.pipeline()
    positions = []
    for (command, body, call), asking in zip(evals, asked, strict=True):
        node = asking or client.nodes_manager.get_node_from_slot(call.slot)
        if asking:
            pipeline.execute_command("ASKING", target_nodes=node)
        positions.append(len(pipeline))
        pipeline.execute_command(command, body, len(call.keys), *call.keys, *call.args, target_nodes=node)
    replies = await pipeline.execute(raise_on_error=False, allow_redirections=False)
    return [replies[i] for i in positions]


async def _followed(client: RedisCluster, error: RedisError) -> ClusterNode | None:
    """Return the node to ask, after noting where a slot has moved to or giving one that is moving a moment."""
    if isinstance(error, AskError):
        return client.get_node(error.host, error.port)
    if isinstance(error, MovedError):
        await client.nodes_manager.move_slot(error)
    else:
        await asyncio.sleep(_TRY_AGAIN_S)
    return None
