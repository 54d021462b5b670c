"""Running scripts on the cluster's partitions, many in one round trip a node."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from random import shuffle
from time import monotonic
from typing import Any

import redis.exceptions
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AskError,
    MovedError,
    NoScriptError,
    RedisClusterException,
    RedisError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as Disconnected

from leaderforge.adapters.redis.scripts import Script
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.survey import IndexNode

_PAUSE_S = 0.25
_PROBE_S = 0.5
_TRY_AGAIN_S = 0.02
_CLOSING_S = 5.0
_USES = 64
"""Uses at a time, each of which takes a connection to every node that it concerns: the others wait for their turn."""
_TIME_OUTS = (TimeoutError, redis.exceptions.TimeoutError)
_MOVES = (AskError, MovedError, TryAgainError)
"""What nodes say of a slot that is being moved."""


@dataclass(frozen=True, slots=True)
class Call:
    """A script call on the keys of one partition, which lie in one slot."""

    slot: int
    script: Script
    keys: Sequence[bytes]
    args: Sequence[bytes | int | str]


_Arguments = Sequence[bytes | int | str]
_Request = tuple[int, _Arguments]
"""A command and the slot of its keys."""


class Cluster:
    """A client of the cluster that belongs to the running event loop and heals itself.

    Every use ends within `timeout_s` seconds. After a failure, one caller at a time tries again, every quarter of a
    second, and the others are refused at once: a node that hangs costs the service no queue of waiting requests.

    `disruptions` grows with every sign that a node may have lost writes since: a broken connection, a timeout, or a
    slot that another node has taken over. A repeated call may succeed nevertheless; the count grows all the same.
    """

    def __init__(
        self, nodes: Sequence[str], *, timeout_s: float, password: str | None = None, tls: bool = False
    ) -> None:
        self.disruptions = 0
        self._nodes = nodes
        self._timeout_s = timeout_s
        self._password = password
        self._tls = tls
        self._client: _WatchedCluster | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turns = asyncio.Semaphore(_USES)
        self._retry_at: float | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def run(self, calls: Sequence[Call]) -> list[Any]:
        """Run the calls and return their replies in order. Raises `IndexUnavailable`."""
        async with self._guarded() as client:
            requests = list(map(_evalsha, calls))
            replies = await self._execute(client, requests)
            # A restarted or promoted node has lost its scripts; EVAL teaches them again.
            unknown = [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
            await self._repeat(client, {i: _eval(calls[i]) for i in unknown}, replies)
            return _raised(replies)

    async def commands(self, commands: Sequence[Sequence[bytes | int | str]]) -> list[Any]:
        """Run plain commands, each on one key, and return their replies in order. Raises `IndexUnavailable`."""
        async with self._guarded() as client:
            requests = [(client.keyslot(command[1]), command) for command in commands]
            return _raised(await self._execute(client, requests))

    async def nodes(self) -> Sequence[IndexNode]:
        """Return the nodes that take writes, by name, with the memory they use. Raises `IndexUnavailable`."""
        async with self._guarded() as client:
            asked = sorted(client.get_primaries(), key=lambda node: node.name)
            return await asyncio.gather(*(self._described(client, node) for node in asked))

    async def node_of(self, slot: int) -> str:
        """Return the name of the node that has the slot. Raises `IndexUnavailable`."""
        async with self._guarded() as client:
            return str(client.nodes_manager.get_node_from_slot(slot).name)

    async def connect(self, slot: int) -> AbstractConnection:
        """Return a connection of its own to the node that has the slot. Raises `IndexUnavailable`."""
        async with self._guarded() as client:
            node = client.nodes_manager.get_node_from_slot(slot)
            # Its user limits the time.
            connection = (SSLConnection if self._tls else Connection)(
                host=node.host, port=node.port, password=self._password, protocol=2, socket_timeout=None
            )
            await connection.connect()  # type: ignore[no-untyped-call]  # as it is published
            return connection

    async def renew(self) -> None:
        """Give up all connections if a node does not answer at once; the next use opens new ones."""
        client = self._client
        if client is None or self._loop is not asyncio.get_running_loop():
            return
        try:
            async with asyncio.timeout(min(_PROBE_S, self._timeout_s)):
                await client.ping(target_nodes=RedisCluster.PRIMARIES)
        except (RedisError, OSError, TimeoutError):
            if self._client is client:
                self._start_anew()

    async def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.end()
        for closing in self._closing:
            closing.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def _execute(self, client: RedisCluster, requests: Sequence[_Request]) -> list[Any]:
        """Return the replies, after following slots that have moved and repeating what a broken connection lost."""
        replies = await self._followed(client, requests)
        # A connection that was idle may have been closed by the other side; nothing here minds being run twice.
        broken = [i for i, reply in enumerate(replies) if isinstance(reply, Disconnected)]
        self.disruptions += len(broken)
        await self._repeat(client, {i: requests[i] for i in broken}, replies)
        return replies

    async def _followed(self, client: RedisCluster, requests: Sequence[_Request]) -> list[Any]:
        replies = await _sent(client, requests, [None] * len(requests))
        # redis-py follows such replies too, but may say ASKING on one connection and the command on another.
        while moved := [i for i, reply in enumerate(replies) if isinstance(reply, _MOVES)]:
            self.disruptions += sum(isinstance(replies[i], MovedError) for i in moved)
            asked = [await _node_to_ask(client, replies[i]) for i in moved]
            again = await _sent(client, [requests[i] for i in moved], asked)
            for i, reply in zip(moved, again, strict=True):
                replies[i] = reply
        return replies

    async def _repeat(self, client: RedisCluster, requests: Mapping[int, _Request], replies: list[Any]) -> None:
        """Send these requests and put their replies in the places of the earlier ones."""
        if requests:
            repeated = await self._followed(client, list(requests.values()))
            for i, reply in zip(requests, repeated, strict=True):
                replies[i] = reply

    def _on_reconnect(self) -> None:
        self.disruptions += 1

    async def _described(self, client: RedisCluster, node: ClusterNode) -> IndexNode:
        try:
            async with asyncio.timeout(self._timeout_s / 2):
                told = await client.info("memory", target_nodes=node)
        except (RedisError, OSError, TimeoutError):
            return IndexNode(node.name, up=False, memory=None)
        return IndexNode(node.name, up=True, memory=int(told["used_memory"]))

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[RedisCluster]:
        self._belong_to(asyncio.get_running_loop())
        async with self._turns:
            if self._retry_at is not None:
                if monotonic() < self._retry_at:
                    raise IndexUnavailable("the rank index is out of reach; trying again shortly")
                self._retry_at = monotonic() + self._timeout_s + _PAUSE_S
            try:
                async with asyncio.timeout(self._timeout_s):
                    yield await self._connected()
            except (RedisError, RedisClusterException, OSError, TimeoutError) as error:
                self.disruptions += 1
                self._retry_at = monotonic() + _PAUSE_S
                if isinstance(error, _TIME_OUTS):
                    self._start_anew()
                raise IndexUnavailable(f"the rank index did not answer: {type(error).__name__}") from error
            self._retry_at = None

    def _belong_to(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is not loop:
            self._loop, self._client, self._turns = loop, None, asyncio.Semaphore(_USES)

    def _start_anew(self) -> None:
        """Have the next use ask any node for the topology: this client would go on asking one that hangs."""
        client, self._client = self._client, None
        if client is not None:
            # Others may be using it until their time is over.
            closing = asyncio.get_running_loop().create_task(_closed(client, self._timeout_s))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _connected(self) -> RedisCluster:
        if self._client is None:
            self._client = self._new_client()
        return await self._client.initialize()

    def _new_client(self) -> "_WatchedCluster":
        nodes = [ClusterNode(host, int(port)) for host, _, port in (n.rpartition(":") for n in self._nodes)]
        shuffle(nodes)  # else one that hangs might always be asked first
        return _WatchedCluster(
            self._on_reconnect,
            startup_nodes=nodes,
            password=self._password,
            ssl=self._tls,
            retry=Retry(NoBackoff(), 1),
            # Every use has its time limit: redis-py's own costs a task a write and may swallow a cancellation (3.11).
            socket_timeout=None,
            socket_connect_timeout=self._timeout_s,
            # The cluster may be reached through one address while its nodes come and go.
            dynamic_startup_nodes=False,
        )


class _WatchedCluster(RedisCluster):
    """A client that reports when it drops its connections: redis-py does so by itself before it repeats a pipeline."""

    def __init__(self, on_reconnect: Callable[[], None], **options: Any) -> None:
        super().__init__(**options)
        self._on_reconnect = on_reconnect

    async def aclose(self) -> None:
        self._on_reconnect()
        await super().aclose()

    async def end(self) -> None:
        """Close the connections for good, which is no sign of anything."""
        await super().aclose()


def _raised(replies: list[Any]) -> list[Any]:
    """Return the replies. Raises the first of them that is an error."""
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies


async def _closed(client: _WatchedCluster, after_s: float) -> None:
    """Close a client, some of whose connections may hang, after a while or when cancelled."""
    try:
        await asyncio.sleep(after_s)
    finally:
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(_CLOSING_S):
                await client.end()


def _evalsha(call: Call) -> _Request:
    return call.slot, ("EVALSHA", call.script.sha, len(call.keys), *call.keys, *call.args)


def _eval(call: Call) -> _Request:
    return call.slot, ("EVAL", call.script.source, len(call.keys), *call.keys, *call.args)


async def _sent(client: RedisCluster, requests: Sequence[_Request], asked: Sequence[ClusterNode | None]) -> list[Any]:
    """Send each request to the node that has its slot or, where there is one, to the node to ask for it."""
    pipeline = client.pipeline()
    positions = []
    for (slot, arguments), asking in zip(requests, asked, strict=True):
        node = asking or client.nodes_manager.get_node_from_slot(slot)
        if asking:
            pipeline.execute_command("ASKING", target_nodes=node)
        positions.append(len(pipeline))
        pipeline.execute_command(*arguments, target_nodes=node)
    replies = await pipeline.execute(raise_on_error=False, allow_redirections=False)
    return [replies[i] for i in positions]


async def _node_to_ask(client: RedisCluster, error: RedisError) -> ClusterNode | None:
    """Return the node to ask, after noting where a slot has moved to or giving one that is moving a moment."""
    if isinstance(error, MovedError):  # which is an AskError, too
        await client.nodes_manager.move_slot(error)
    elif isinstance(error, AskError):
        return client.get_node(error.host, error.port)
    else:
        await asyncio.sleep(_TRY_AGAIN_S)
    return None
