"""Valkey cluster on the loopback address."""

import contextlib
import json
import os
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from leaderforge.embedded import topology
from leaderforge.embedded.errors import Aborted, ServerFailed
from leaderforge.embedded.files import write_private
from leaderforge.embedded.lock import DirectoryLock
from leaderforge.embedded.ports import BUS_OFFSET, LOOPBACK, free_node_ports, is_free
from leaderforge.embedded.process import ServerProcess
from leaderforge.embedded.waiting import wait_until
from leaderforge.embedded.wheels import valkey_server

MAX_NODES = 12

_START_SECONDS = 60.0  # including the time to load the dump
_STOP_SECONDS = 60.0
_SETTINGS = {
    "bind": LOOPBACK,
    "protected-mode": "yes",
    "cluster-enabled": "yes",
    "cluster-config-file": "nodes.conf",
    "cluster-announce-ip": LOOPBACK,
    "cluster-node-timeout": "2000",
    "cluster-require-full-coverage": "no",  # a node that fails affects only its own partitions
    "cluster-allow-replica-migration": "no",
    "cluster-replica-validity-factor": "0",
    "repl-diskless-sync-delay": "0",
    "appendonly": "no",
    "save": "",
    "dbfilename": "dump.rdb",
    "rdbcompression": "no",
    "shutdown-on-sigterm": "save",
    "shutdown-timeout": "2",  # seconds that a primary waits for lagging replicas
}


class ValkeyCluster:
    """Valkey cluster: primaries with consecutive, equal shares of the slots, and optional replicas.

    Nodes are numbered: the primaries first, then the replicas of the first primary, and so on.

    The index can be rebuilt. Nodes therefore write it to disk only at a clean stop. A cluster that fails to start is
    created anew.
    """

    def __init__(
        self,
        directory: Path,
        *,
        nodes: int = 3,
        replicas: int = 0,
        first_port: int | None = None,
        executable: Path | None = None,
    ) -> None:
        if not 1 <= nodes <= MAX_NODES:
            raise ValueError(f"nodes must be 1 to {MAX_NODES}, not {nodes}")
        self.directory = directory.resolve()
        self._primaries, self._replicas, self._first_port = nodes, replicas, first_port
        self._executable = executable or valkey_server()
        self._lock = DirectoryLock(self.directory / "lock")
        self._layout = self.directory / "layout.json"
        self._busy = threading.RLock()
        self._aborted = threading.Event()
        self._ports: list[int] = []
        self._nodes: list[ServerProcess] = []

    @property
    def addresses(self) -> list[str]:
        """Addresses of the nodes, as host:port."""
        return [f"{LOOPBACK}:{port}" for port in self._ports]

    @property
    def pids(self) -> list[int | None]:
        """Process ids of the nodes, None for a node that is down."""
        return [node.pid for node in self._nodes]

    @property
    def size(self) -> int:
        """Number of nodes, including replicas."""
        return self._primaries * (1 + self._replicas)

    def process(self, node: int) -> ServerProcess:
        return self._nodes[node]

    def start(self) -> None:
        """Return once the cluster is complete and every node serves. Raises `ServerFailed` or `AlreadyRunning`."""
        with self._busy:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire()
            try:
                self._start_with_retries()
            except BaseException:
                self.stop()
                raise

    def stop(self) -> None:
        """Shut all nodes down. They save their data for the next start."""
        with self._busy:
            for node in self._nodes:  # the nodes save concurrently
                node.send(signal.SIGTERM)
            for node in self._nodes:
                node.stop((signal.SIGTERM, _STOP_SECONDS))
            self._lock.release()

    def abort(self) -> None:
        """Make every start raise `Aborted`, including one in progress in another thread."""
        self._aborted.set()

    def hurry(self) -> None:
        """Shorten a `stop` in progress in another thread. Unsaved data is lost."""
        for node in self._nodes:
            node.send(signal.SIGKILL)

    def wipe(self) -> None:
        """Delete all data. The cluster must not run."""
        self._end_leftovers()
        for path in self.directory.glob("node-*"):
            shutil.rmtree(path)
        self._layout.unlink(missing_ok=True)

    def wait_ready(self) -> None:
        """Return once every running node reports a complete cluster. Raises `ServerFailed` on a timeout."""
        self._wait(self._is_complete, "the cluster to be complete")

    def kill(self, node: int) -> None:
        """Kill a node. Its data is lost."""
        self._nodes[node].kill()

    def pause(self, node: int) -> None:
        """Freeze a node: it accepts connections but never responds."""
        self._nodes[node].pause()

    def resume(self, node: int) -> None:
        self._nodes[node].resume()

    def restart(self, node: int, *, wait: bool = True) -> None:
        """Kill a node if it runs and start it empty. By default, wait until the cluster is complete."""
        with self._busy:
            self._nodes[node].kill()
            self._spawn(node)
            self._wait(lambda: self._answers(node), f"{self._nodes[node].name} to answer")
            if wait:
                self.wait_ready()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_with_retries(self) -> None:
        """Start the stored cluster. Create a new one if it is missing, has another shape, lacks its ports or fails.

        A program can take the ports between the check and the start. Retries therefore use other ports.
        """
        ports, first_port = self._reusable_ports(), self._first_port
        for is_last_attempt in (False, False, True):
            try:
                return self._start_on(ports, first_port)
            except Aborted:
                raise
            except ServerFailed:
                if is_last_attempt:
                    raise
                self._kill_all()
            ports = first_port = None
        return None

    def _start_on(self, ports: list[int] | None, first_port: int | None) -> None:
        if ports is None:
            self.wipe()
        self._ports = ports or free_node_ports(self.size, first_port)
        self._nodes = [self._node(number) for number in range(self.size)]
        for number in range(self.size):
            self._spawn(number)
        self._wait(lambda: all(self._answers(number) for number in range(self.size)), "the nodes to answer")
        if ports is None:
            topology.form(self._ports, self._primaries, self._replicas, self._wait)
        self.wait_ready()
        self._remove_dumps()
        write_private(self._layout, json.dumps(self._shape(self._ports)))

    def _reusable_ports(self) -> list[int] | None:
        """Return the ports of the last start if they are free and its shape was the same, None otherwise."""
        self._end_leftovers()
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            shape = json.loads(self._layout.read_text())
            ports: list[int] = shape["ports"]
            if shape == self._shape(ports) and all(is_free(p) and is_free(p + BUS_OFFSET) for p in ports):
                return ports
        return None

    def _shape(self, ports: Sequence[int]) -> dict[str, Any]:
        return {"primaries": self._primaries, "replicas": self._replicas, "ports": list(ports)}

    def _node(self, number: int) -> ServerProcess:
        directory = self.directory / f"node-{number}"
        directory.mkdir(mode=0o700, exist_ok=True)
        return ServerProcess(f"Valkey node {number}", directory)

    def _end_leftovers(self) -> None:
        for path in self.directory.glob("node-*"):
            ServerProcess(path.name, path).end_leftover()

    def _kill_all(self) -> None:
        for node in self._nodes:
            node.kill()

    def _spawn(self, number: int) -> None:
        node, port = self._nodes[number], self._ports[number]
        settings = {"port": str(port), "cluster-port": str(port + BUS_OFFSET), "dir": str(node.directory), **_SETTINGS}
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        # Servers since version 7 read the collation from LC_ALL; only newer ones have an option for it.
        node.start([self._executable, *options], environment={**os.environ, "LC_ALL": "C"})

    def _answers(self, number: int) -> bool:
        return self._nodes[number].check() and topology.answers(self._ports[number], self._nodes[number].pid)

    def _is_complete(self) -> bool:
        running = [port for port, node in zip(self._ports, self._nodes, strict=True) if node.alive]
        return bool(running) and all(topology.is_complete(port, self.size, self._replicas) for port in running)

    def _remove_dumps(self) -> None:
        """Delete the loaded dumps. After a crash they would restore a stale index, which is worse than an empty one."""
        for node in self._nodes:
            (node.directory / _SETTINGS["dbfilename"]).unlink(missing_ok=True)

    def _wait(self, condition: Callable[[], object], subject: str) -> None:
        def is_met() -> object:
            if self._aborted.is_set():
                raise Aborted("the start of Valkey was aborted")
            return condition()

        wait_until(is_met, _START_SECONDS, subject)
