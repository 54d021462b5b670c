"""Client of redis-py without retries. It sends each request once, and only to a server process that it knows.

After a failure, redis-py would read the topology again and retry the command, perhaps on a promoted replica. The
command may rely on earlier writes that the replica lacks.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import AbstractConnection, Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisClusterException, RedisError, ResponseError

from leaderforge.adapters.redis.connections import NodeConnection, SecureNodeConnection
from leaderforge.ports.tracing import Tracer

Arguments = Sequence[bytes | int | str]
Request = tuple[int, Arguments]
"""Cluster slot of the keys of a command, and the command."""

_ASKING: Arguments = ("ASKING",)
_RUN_ID = re.compile(rb"run_id:(\w+)")


def unconditionally() -> None:
    """Do nothing. Calls without a condition pass this function as `before_write`."""


class WatchedCluster(RedisCluster):
    """Client that reports each node whose server process was replaced.

    A new process may have loaded an old dump. Each new connection therefore compares the run id of the process with the
    last known run id of the node, which `runs` has by node name.
    """

    def __init__(
        self,
        runs: MutableMapping[str, bytes],
        on_restart: Callable[[], None],
        tracer: Tracer | None = None,
        **options: Any,
    ) -> None:
        super().__init__(retry=Retry(NoBackoff(), 0), **options)
        self._runs = runs
        self._on_restart = on_restart
        self._tracer = tracer
        # Set these two options here, before any pool of a node exists: each pool copies the mapping when it is created.
        self.connection_kwargs["redis_connect_func"] = self.on_connect
        self.connection_kwargs["connection_class"] = SecureNodeConnection if options.get("ssl") else NodeConnection

    async def on_connect(self, connection: Connection) -> None:
        """Open a connection. Raises `Disconnected`, once, if the node had another server process before."""
        await connection.on_connect_check_health(check_health=False)
        run = await _run_id(connection)
        name = f"{connection.host}:{connection.port}"
        previous_run = self._runs.get(name, run)
        self._runs[name] = run
        if run != previous_run:
            self._on_restart()
            raise Disconnected(f"the node {name} has restarted")

    async def disconnect_idle(self) -> None:
        """Close all connections that are not in use."""
        startup_nodes = self.nodes_manager.startup_nodes.values()
        await asyncio.gather(*(node.disconnect_free_connections() for node in (*self.get_nodes(), *startup_nodes)))

    async def recover(self) -> None:
        """Prepare for a retry after a broken connection: close idle connections, and read the topology again."""
        # Close the idle connections, which probably broke too. Otherwise, each would later count as another disruption.
        await self.disconnect_idle()
        # Read the topology again, because a dead node cannot redirect to its successor.
        with suppress(RedisError, RedisClusterException):
            await self.nodes_manager.initialize()

    async def send(
        self, requests: Sequence[Request], targets: Sequence[ClusterNode | None], before_write: Callable[[], None]
    ) -> list[Any]:
        """Send each request to its target, or to its slot's node if the target is None.

        Return replies and errors in order.

        `before_write` runs directly before each write, without a suspension point. If it raises a `RedisError`, nothing
        is written.
        """
        positions: defaultdict[ClusterNode, list[int]] = defaultdict(list)
        for i, target in enumerate(targets):
            positions[target or self.nodes_manager.get_node_from_slot(requests[i][0])].append(i)
        replies: list[Any] = [None] * len(requests)

        async def exchange(node: ClusterNode, numbers: Sequence[int]) -> None:
            # Without ASKING, the importing node of a migration refuses the command.
            commands = [(_ASKING, requests[i][1]) if targets[i] else (requests[i][1],) for i in numbers]
            with self._traced(node, len(commands)):
                exchanged = await _exchange(node, commands, before_write)
            for i, reply in zip(numbers, exchanged, strict=True):
                replies[i] = reply

        await asyncio.gather(*(exchange(node, numbers) for node, numbers in positions.items()))
        return replies

    def _traced(self, node: ClusterNode, requests: int) -> AbstractContextManager[None]:
        return nullcontext() if self._tracer is None else self._tracer.exchange("valkey", node.name, requests)


async def _exchange(
    node: ClusterNode, commands: Sequence[Sequence[Arguments]], before_write: Callable[[], None]
) -> Sequence[Any]:
    """Send groups of commands over one connection in one write. Return the last reply, or error, of each group."""
    try:
        connection = node.acquire_connection()
    except RedisError as error:
        return [error] * len(commands)
    try:
        await node.disconnect_if_needed(connection)
        if not connection.is_connected:
            await connection.connect()  # type: ignore[no-untyped-call]  # untyped in redis-py
        before_write()
        await connection.send_packed_command(connection.pack_commands(part for group in commands for part in group))
        return [[await _reply(node, connection, part) for part in group][-1] for group in commands]
    except (RedisError, OSError) as error:
        return [error] * len(commands)
    finally:
        node.release(connection)


async def _reply(node: ClusterNode, connection: Connection, command: Arguments) -> Any:
    try:
        return await node.parse_response(connection, str(command[0]))
    except (RedisError, OSError) as error:
        return error


async def _run_id(connection: AbstractConnection) -> bytes:
    """Return the run id of the server's process, empty if the server does not report it."""
    await connection.send_command("INFO", "server", check_health=False)
    try:
        match = _RUN_ID.search(await connection.read_response())
    except ResponseError:  # the server refused, for example because the user may not call `INFO`
        return b""
    return b"" if match is None else match[1]
