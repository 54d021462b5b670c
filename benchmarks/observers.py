"""Observers: processes that measure memory, disk and delays of index nodes while other processes work.

Each observer has a process of its own. In the process of the load generator, an observer would delay requests, and
requests would delay the observer.
"""

import multiprocessing
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
from redis import Redis
from redis.exceptions import RedisError

from benchmarks.bench import part_of

Observations = dict[str, Any]

SAMPLE_S = 1.0
"""Time between two samples of memory and disk, in s."""
PING_S = 0.01
"""Pause between two pings of a node, in s."""
LIMIT_MS = 50.0
"""Delay of a ping in ms above which the ping counts as slow."""
_STOP_S = 10.0
_SLOW_US = 1_000
"""Processing time of a command in us above which a node writes the command to its slow log."""
_SLOW_COMMANDS = 4096
_COMMANDS = ("populate", "rebuild", "verify")
"""Commands of the product whose memory is observed."""


class Observer:
    """Process that runs `observe(connection, *arguments)` until the block ends.

    `observe` replies to each message of the connection with its observations since the previous message. It returns
    when the connection is closed.
    """

    def __init__(self, observe: Callable[..., None], *arguments: object) -> None:
        self._connection, inner = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=observe, args=(inner, *arguments), daemon=True)
        self._inner = inner

    def __enter__(self) -> Self:
        self._process.start()
        self._inner.close()
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._process.join(_STOP_S)
        self._process.kill()

    def take(self) -> Observations:
        """Return the observations since the last call."""
        self._connection.send(None)
        observations: Observations = self._connection.recv()
        return observations


def observe_resources(connection: Connection, root: int, directory: Path) -> None:
    """Observe the memory of the processes below `root`, and the disk space of a product's data directory.

    Observations have the present bytes of each part (`now`), and the highest of the samples (`peak`).
    """
    peak: dict[str, int] = {}
    while True:
        is_due = connection.poll(SAMPLE_S)
        now = {**memory(root), **disk(directory)}
        peak = {name: max(size, peak.get(name, 0)) for name, size in now.items()}
        if is_due:
            if not _replied(connection, partial(dict, now=now, peak=peak)):
                return
            peak = {}


def memory(root: int) -> dict[str, int]:
    """Return the memory in bytes of each part of the product, from the processes below `root`.

    Memory that processes of a part share, such as the buffers of the database, counts once. `command` is the largest of
    the product's commands that run.
    """
    private, shared = defaultdict[str, int](int), defaultdict[str, int](int)
    for process in psutil.Process(root).children(recursive=True):
        with suppress(psutil.Error):
            part, used = _part(process.cmdline()), process.memory_info()
            private[part] += used.rss - used.shared
            shared[part] = max(shared[part], used.shared)
    return {f"{part}_memory": private[part] + shared[part] for part in ("index", "api", "database", "command")}


def _part(arguments: Sequence[str]) -> str:
    """Return the part of the product of a process. Processes that belong to no part get the name `other`."""
    command = " ".join(arguments)
    if any(f"leaderforge {name}" in command for name in _COMMANDS):
        return "command"
    part = part_of(command)
    is_other = part == "api" and ("uvicorn" not in command or "benchmarks." in command)
    return "other" if is_other else part


def disk(directory: Path) -> dict[str, int]:
    """Return the bytes on disk of a product's data directory: of tables with indexes, WAL, temporary files, and all."""
    postgres = directory / "postgres" / "data"
    temporary = size_of(postgres / "base" / "pgsql_tmp")
    return {
        "tables_disk": size_of(postgres / "base") - temporary,
        "wal_disk": size_of(postgres / "pg_wal"),
        "temporary_disk": temporary,
        "dumps_disk": size_of(directory / "valkey"),
        "all_disk": size_of(directory),
    }


def size_of(directory: Path) -> int:
    """Return the bytes on disk of all files below a directory, 0 if it does not exist."""
    return sum(_blocks(path) for path in directory.rglob("*"))


def _blocks(path: Path) -> int:
    try:
        return path.lstat().st_blocks * 512
    except OSError:  # PostgreSQL has just deleted the file
        return 0


def observe_nodes(connection: Connection, addresses: Sequence[str], password: str | None) -> None:
    """Ping each node every few ms, and read its slow log.

    Observations have the longest delay of a ping in ms (`longest_ping_ms`), the number of pings above `LIMIT_MS`, and
    the longest processing time of a command in ms. The delay of a ping includes the wait for a processor, of the node
    and of the observer.
    """
    nodes = [_node(address, password) for address in addresses]
    delays = [Delays(node) for node in nodes]
    for delay in delays:
        threading.Thread(target=delay.measure, daemon=True).start()
    while _replied(connection, lambda: _node_observations(nodes, delays)):
        pass


def _node_observations(nodes: Sequence[Redis], delays: Sequence["Delays"]) -> Observations:
    pings = [delay.take() for delay in delays]
    return {
        "longest_ping_ms": round(1000 * max((ping for of in pings for ping in of), default=0.0), 1),
        "slow_pings": sum(ping * 1000 > LIMIT_MS for of in pings for ping in of),
        "longest_command_ms": max(map(longest_command_ms, nodes)),
    }


class Delays:
    """Delays of pings to a node, in s."""

    def __init__(self, node: Redis) -> None:
        self._node = node
        self._taken: list[float] = []

    def measure(self) -> None:
        """Ping the node until the process ends. An outage of the node counts as one delay."""
        began = time.perf_counter()
        while True:
            try:
                self._node.ping()
            except RedisError:
                time.sleep(PING_S)
                continue
            self._taken.append(time.perf_counter() - began)
            time.sleep(PING_S)
            began = time.perf_counter()

    def take(self) -> Sequence[float]:
        """Return the delays since the last call."""
        taken, self._taken = self._taken, []
        return taken


def longest_command_ms(node: Redis) -> float:
    """Return the longest processing time in the node's slow log, in ms, and empty the log."""
    log: Sequence[Mapping[str, Any]] = node.slowlog_get(_SLOW_COMMANDS)
    node.slowlog_reset()
    return max((round(entry["duration"] / 1000, 1) for entry in log), default=0.0)


def _node(address: str, password: str | None) -> Redis:
    host, _, port = address.rpartition(":")
    node = Redis(host=host, port=int(port), password=password)
    node.config_set("slowlog-log-slower-than", _SLOW_US)
    node.config_set("slowlog-max-len", _SLOW_COMMANDS)
    node.slowlog_reset()
    return node


def _replied(connection: Connection, observations: Callable[[], Observations]) -> bool:
    """Reply to the next message. Return False if the connection is closed."""
    try:
        connection.recv()
        connection.send(observations())
    except (EOFError, OSError):
        return False
    return True


def used_memory(facts: Mapping[str, Any]) -> int:
    """Return the memory of all index nodes in bytes, as the nodes count it."""
    return sum(node.info("memory")["used_memory"] for node in nodes_of(facts))


def nodes_of(facts: Mapping[str, Any]) -> Iterator[Redis]:
    """Yield a client of each index node."""
    for address in facts["redis"]:
        with _node(address, facts.get("redis_password")) as node:
            yield node
