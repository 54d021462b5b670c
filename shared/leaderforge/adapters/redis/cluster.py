"""Client of the Redis cluster. It runs scripts on many partitions with one round trip per node."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from random import shuffle
from time import monotonic
from typing import Any

import redis.exceptions
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import AskError, MovedError, NoScriptError, RedisClusterException, RedisError, TryAgainError
from redis.exceptions import ConnectionError as Disconnected

from leaderforge.adapters.redis.client import Request, WatchedCluster, unconditionally
from leaderforge.adapters.redis.connections import NodeConnection, SecureNodeConnection
from leaderforge.adapters.redis.scripts import Script
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.survey import IndexNode
from leaderforge.ports.tracing import Tracer

_PAUSE_S = 0.25
"""Time between attempts to reach a failed cluster, in s."""
_PROBE_S = 0.5
"""Time limit of a ping, in s. If a node does not reply in time, all connections are replaced."""
_TRY_AGAIN_S = 0.02
"""Pause in s before a command on a slot in migration is sent again."""
_CLOSING_S = 5.0
"""Time limit for closing the connections of an abandoned client, in s."""
_USES = 64
"""Maximum concurrent operations of a process. Each takes at most one connection to a node. Further operations wait."""
_KEYS_A_SCAN = 1000
_TIME_OUTS = (TimeoutError, redis.exceptions.TimeoutError)
_MOVES = (AskError, MovedError, TryAgainError)
"""Errors by which a node reports that the slot is moving, or has moved, to another node."""


class _Disturbed(RedisError):
    """Error for a call that was not sent because of an earlier disruption."""


@dataclass(frozen=True, slots=True)
class Call:
    """Script call on the keys of one partition. A cluster requires one slot for all keys of a call."""

    slot: int
    script: Script
    keys: Sequence[bytes]
    args: Sequence[bytes | int | str]


class Cluster:
    """Self-healing client of the cluster, bound to the running event loop.

    At most `_USES` operations run at a time, each for at most `timeout_s` seconds. After a failure, one caller at a
    time retries, every `_PAUSE_S` seconds. All others fail at once, because requests must not queue up behind a hanging
    node.

    `disruptions` grows with every sign that a node may have lost writes: a broken connection, a timeout, a restarted
    node, or a slot that another node has taken over. The number grows even if a retry of the failed call succeeds. It
    grows before the reply to any command that was sent after the loss.
    """

    def __init__(
        self,
        nodes: Sequence[str],
        *,
        timeout_s: float,
        password: str | None = None,
        tls: bool = False,
        tracer: Tracer | None = None,
    ) -> None:
        self.tracer = tracer
        self.disruptions = 0
        self._nodes = nodes
        self._timeout_s = timeout_s
        self._password = password
        self._tls = tls
        self._client: WatchedCluster | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turns = asyncio.Semaphore(_USES)
        self._retry_at: float | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._runs: dict[str, bytes] = {}

    async def run(self, calls: Sequence[Call]) -> list[Any]:
        """Run the calls and return their replies in order. Raises `IndexUnavailable`."""
        async with self._guarded() as client:
            requests = list(map(_evalsha, calls))
            replies = await self._execute(client, requests)
            # A restarted or promoted node has lost its script cache. EVAL fills it again.
            unknown = [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
            await self._repeat(client, {i: _eval(calls[i]) for i in unknown}, replies)
            return _require_success(replies)

    async def run_unrepeated(self, calls: Sequence[Call], disruptions: int | None = None) -> list[Any]:
        """Run calls that confirm earlier writes, and return the replies in order. No call runs after a disruption.

        In a disruption, a node may have lost the writes. Calls are therefore not retried after an error. Raises
        `IndexUnavailable` if a call fails, or if `self.disruptions` is not `disruptions` (default: its value at the
        call). A moved slot is no disruption, because its keys move with all writes. Calls on its keys go to the new
        node.
        """
        number = self.disruptions if disruptions is None else disruptions

        def require_undisturbed() -> None:
            if number != self.disruptions:
                raise _Disturbed

        async with self._guarded() as client:
            replies = await self._send_following(client, list(map(_eval, calls)), require_undisturbed)
            sent = _require_success([reply for reply in replies if not isinstance(reply, _Disturbed)])
        if len(sent) < len(replies):
            raise IndexUnavailable("the rank index broke off while it was brought up to date; it is tried again")
        return sent

    async def commands(self, commands: Sequence[Sequence[bytes | int | str]]) -> list[Any]:
        """Run plain commands, each on one key, and return their replies in order. Raises `IndexUnavailable`."""
        async with self._guarded() as client:
            requests = [(client.keyslot(command[1]), command) for command in commands]
            return _require_success(await self._execute(client, requests))

    async def scan(self, slot: int, pattern: bytes) -> AsyncGenerator[Sequence[bytes], None]:
        """Yield keys of the slot's node that match the pattern, in chunks. Raises `IndexUnavailable`."""
        cursor = 0
        while True:
            async with self._guarded() as client:
                request: Request = slot, ("SCAN", cursor, "MATCH", pattern, "COUNT", _KEYS_A_SCAN)
                [(cursor, keys)] = _require_success(await self._execute(client, [request]))
            yield keys
            if cursor == 0:
                return

    async def nodes(self) -> Sequence[IndexNode]:
        """Return the primary nodes by name, with their memory use. Raises `IndexUnavailable`."""
        async with self._guarded() as client:
            primaries = sorted(client.get_primaries(), key=lambda node: node.name)
            nodes = await asyncio.gather(*(self._describe(client, node) for node in primaries))
            # A node that is down may have left the cluster. Read the topology again, to leave out nodes that have left.
            members = {node.name for node in nodes} if all(node.up for node in nodes) else await self._members(client)
            return [node for node in nodes if node.name in members]

    async def node_of(self, slot: int) -> str:
        """Return the name of the slot's node. Raises `IndexUnavailable`."""
        async with self._guarded() as client:
            return str(client.nodes_manager.get_node_from_slot(slot).name)

    async def connect(self, slot: int) -> AbstractConnection:
        """Return a new connection to the slot's node, outside the pool. Raises `IndexUnavailable`."""
        async with self._guarded() as client:
            node = client.nodes_manager.get_node_from_slot(slot)
            # No socket timeout, because the caller limits the time.
            connection = (SecureNodeConnection if self._tls else NodeConnection)(
                host=node.host, port=node.port, password=self._password, protocol=2, socket_timeout=None
            )
            await connection.connect()  # type: ignore[no-untyped-call]  # untyped in redis-py
            return connection

    async def renew(self) -> None:
        """Ping all primary nodes. If a node does not answer, discard all connections. The next use connects again."""
        client = self._client
        if client is None or self._loop is not asyncio.get_running_loop():
            return
        try:
            async with asyncio.timeout(min(_PROBE_S, self._timeout_s)):
                await client.ping(target_nodes=RedisCluster.PRIMARIES)
        except (RedisError, OSError, TimeoutError):
            self.disruptions += 1
            if self._client is client:
                self._abandon_client()

    async def close(self) -> None:
        """Close the connections. The next use opens new connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()
        for closing in self._closing:
            closing.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def _execute(self, client: WatchedCluster, requests: Sequence[Request]) -> list[Any]:
        """Return the replies. Follow moved slots, and retry requests that a broken connection lost."""
        replies = await self._send_following(client, requests)
        # The server may have closed an idle connection. Retries are safe, because every request is idempotent.
        broken = [i for i, reply in enumerate(replies) if isinstance(reply, Disconnected)]
        if broken:
            self.disruptions += 1
            await client.recover()
            await self._repeat(client, {i: requests[i] for i in broken}, replies)
        return replies

    async def _send_following(
        self, client: WatchedCluster, requests: Sequence[Request], before_write: Callable[[], None] = unconditionally
    ) -> list[Any]:
        """Return the replies. Resend requests that a node refused to run, because their slot has moved or is moving."""
        replies = await client.send(requests, [None] * len(requests), before_write)
        # Do not let redis-py follow moved slots: it may send ASKING and the command on different connections.
        while moved := [i for i, reply in enumerate(replies) if isinstance(reply, _MOVES)]:
            self.disruptions += sum(isinstance(replies[i], MovedError) for i in moved)
            targets = [await _node_to_ask(client, replies[i]) for i in moved]
            repeated = await client.send([requests[i] for i in moved], targets, before_write)
            for i, reply in zip(moved, repeated, strict=True):
                replies[i] = reply
        return replies

    async def _repeat(self, client: WatchedCluster, requests: Mapping[int, Request], replies: list[Any]) -> None:
        """Send these requests again. Each key of `requests` is the position of the reply to replace in `replies`."""
        if requests:
            repeated = await self._send_following(client, list(requests.values()))
            for i, reply in zip(requests, repeated, strict=True):
                replies[i] = reply

    def _on_restart(self) -> None:
        self.disruptions += 1

    async def _members(self, client: WatchedCluster) -> Collection[str]:
        """Read the topology again, and return the names of all primary nodes.

        Callers must count a disruption first: the new topology can hide that another node has taken over a slot.
        """
        with suppress(RedisError, RedisClusterException, OSError, TimeoutError):  # on failure, keep the last topology
            async with asyncio.timeout(self._timeout_s / 4):
                await client.nodes_manager.initialize()
        return {node.name for node in client.get_primaries()}

    async def _describe(self, client: WatchedCluster, node: ClusterNode) -> IndexNode:
        try:
            async with asyncio.timeout(self._timeout_s / 2):
                # Bypass the error handling of the client, which would read the topology again, and could thereby hide
                # that another node has taken over a slot.
                info = await node.execute_command("INFO", "memory")
        except (RedisError, OSError, TimeoutError):
            self.disruptions += 1
            return IndexNode(node.name, up=False, memory=None)
        return IndexNode(node.name, up=True, memory=int(info["used_memory"]))

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[WatchedCluster]:
        """Provide the client for one operation, for at most `timeout_s` seconds. Raises `IndexUnavailable`."""
        self._belong_to(asyncio.get_running_loop())
        async with self._turns:
            if self._retry_at is not None:
                if monotonic() < self._retry_at:
                    raise IndexUnavailable("the rank index is out of reach; trying again shortly")
                # This caller retries. Refuse all other callers until the time limit of this caller has passed.
                self._retry_at = monotonic() + self._timeout_s + _PAUSE_S
            try:
                async with asyncio.timeout(self._timeout_s):
                    yield await self._connected()
            except (RedisError, RedisClusterException, OSError, TimeoutError) as error:
                self.disruptions += 1
                self._retry_at = monotonic() + _PAUSE_S
                # The node may hang, and this client would go on sending to it. A new client reads the topology again.
                if isinstance(error, _TIME_OUTS):
                    self._abandon_client()
                raise IndexUnavailable(f"the rank index did not answer: {type(error).__name__}") from error
            self._retry_at = None

    def _belong_to(self, loop: asyncio.AbstractEventLoop) -> None:
        # Connections and semaphores belong to one event loop.
        if self._loop is not loop:
            self.disruptions += self._client is not None
            self._loop, self._client, self._turns = loop, None, asyncio.Semaphore(_USES)

    def _abandon_client(self) -> None:
        """Discard the client. The next use creates another client.

        The new client reads the topology from a node chosen at random, because the discarded client's nodes may hang.
        """
        client, self._client = self._client, None
        if client is not None:
            # Close the client later, because concurrent operations may use it until their time limit.
            closing = asyncio.get_running_loop().create_task(_close_later(client, self._timeout_s))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _connected(self) -> WatchedCluster:
        # Use a local variable: another operation may discard `_client` while this operation waits.
        client = self._client
        if client is None:
            client = self._client = self._new_client()
        await client.initialize()
        return client

    def _new_client(self) -> WatchedCluster:
        nodes = [ClusterNode(host, int(port)) for host, _, port in (n.rpartition(":") for n in self._nodes)]
        shuffle(nodes)  # a hanging node must not be the first choice every time
        return WatchedCluster(
            self._runs,
            self._on_restart,
            self.tracer,
            startup_nodes=nodes,
            password=self._password,
            ssl=self._tls,
            # No socket timeout: `_guarded` limits the time. redis-py's timeout costs a task per write and may swallow a
            # cancellation (Python 3.11).
            socket_timeout=None,
            socket_connect_timeout=self._timeout_s,
            # Keep the configured addresses, which stay valid (for example, of a load balancer). Addresses of nodes
            # change.
            dynamic_startup_nodes=False,
        )


def _require_success(replies: list[Any]) -> list[Any]:
    """Return the replies. Raises the first error among them."""
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies


async def _close_later(client: WatchedCluster, after_s: float) -> None:
    """Close a client, whose connections may hang, after `after_s` seconds, or at once if cancelled."""
    try:
        await asyncio.sleep(after_s)
    finally:
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(_CLOSING_S):
                await client.aclose()


def _evalsha(call: Call) -> Request:
    return call.slot, ("EVALSHA", call.script.sha, len(call.keys), *call.keys, *call.args)


def _eval(call: Call) -> Request:
    return call.slot, ("EVAL", call.script.source, len(call.keys), *call.keys, *call.args)


async def _node_to_ask(client: WatchedCluster, error: RedisError) -> ClusterNode | None:
    """Return the next target of a refused request: the importing node, or None for the slot's node.

    If the slot has moved, store its new node. If a part of the keys has moved, wait `_TRY_AGAIN_S` first.
    """
    if isinstance(error, MovedError):  # tested first, because MovedError is a subclass of AskError
        await client.nodes_manager.move_slot(error)
    elif isinstance(error, AskError):
        return client.get_node(error.host, error.port)
    else:
        await asyncio.sleep(_TRY_AGAIN_S)
    return None
