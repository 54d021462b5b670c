"""A real Valkey cluster on the loopback address."""

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

_START_SECONDS = 60.0  # loading what was saved included
_STOP_SECONDS = 60.0
_SETTINGS = {
    "bind": LOOPBACK,
    "protected-mode": "yes",
    "cluster-enabled": "yes",
    "cluster-config-file": "nodes.conf",
    "cluster-announce-ip": LOOPBACK,
    "cluster-node-timeout": "2000",
    "cluster-require-full-coverage": "no",  # a lost node takes its own partitions only
    "cluster-allow-replica-migration": "no",
    "cluster-replica-validity-factor": "0",
    "repl-diskless-sync-delay": "0",
    "appendonly": "no",
    "save": "",
    "dbfilename": "dump.rdb",
    "rdbcompression": "no",
    "shutdown-on-sigterm": "save",
    "shutdown-timeout": "2",  # how long a primary waits for replicas that lag
}


class ValkeyCluster:
    """Primaries that share the slots evenly, in order, and optionally replicas of each.

    Nodes are numbered: the primaries first, then the replicas of the first primary, and so on. The index they hold
    can be rebuilt, so it is written to disk at a clean stop only, and whatever does not start again is made anew.
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
        """The nodes as host:port."""
        return [f"{LOOPBACK}:{port}" for port in self._ports]

    @property
    def pids(self) -> list[int | None]:
        """The process ids of the nodes, None for those that are down."""
        return [node.pid for node in self._nodes]

    @property
    def size(self) -> int:
        """How many nodes there are, replicas included."""
        return self._primaries * (1 + self._replicas)

    def process(self, node: int) -> ServerProcess:
        return self._nodes[node]

    def start(self) -> None:
        """Return once every node serves its slots and knows all others. Raises `ServerFailed` or `AlreadyRunning`."""
        with self._busy:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire()
            try:
                self._start_somehow()
            except BaseException:
                self.stop()
                raise

    def stop(self) -> None:
        """End all nodes, keeping what they hold for the next start."""
        with self._busy:
            for node in self._nodes:  # all save at the same time
                node.send(signal.SIGTERM)
            for node in self._nodes:
                node.stop((signal.SIGTERM, _STOP_SECONDS))
            self._lock.release()

    def abort(self) -> None:
        """Make a start in progress in another thread, and every later one, end with `Aborted`."""
        self._aborted.set()

    def hurry(self) -> None:
        """Make a `stop` in progress in another thread a short one, which keeps nothing."""
        for node in self._nodes:
            node.send(signal.SIGKILL)

    def wipe(self) -> None:
        """Forget everything. The cluster must not run."""
        self._end_leftovers()
        for path in self.directory.glob("node-*"):
            shutil.rmtree(path)
        self._layout.unlink(missing_ok=True)

    def wait_ready(self) -> None:
        """Return once every node that runs finds the cluster whole."""
        self._wait(self._is_whole, "the cluster to be whole")

    def kill(self, node: int) -> None:
        """End a node at once; it loses what it holds."""
        self._nodes[node].kill()

    def pause(self, node: int) -> None:
        """Freeze a node: it accepts connections and never answers."""
        self._nodes[node].pause()

    def resume(self, node: int) -> None:
        self._nodes[node].resume()

    def restart(self, node: int, *, wait: bool = True) -> None:
        """Start a node again, empty, after ending it if need be; optionally wait until the cluster is whole."""
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

    def _start_somehow(self) -> None:
        """Start what is there; anew if there is nothing, it is of another shape, its ports are taken, or it fails.

        The ports may be taken by others who look for some at the same time: then look elsewhere.
        """
        known, first = self._known_ports(), self._first_port
        for last in (False, False, True):
            try:
                return self._start_on(known, first)
            except Aborted:
                raise
            except ServerFailed:
                if last:
                    raise
                self._kill_all()
            known = first = None
        return None

    def _start_on(self, known_ports: list[int] | None, first_port: int | None) -> None:
        if known_ports is None:
            self.wipe()
        self._ports = known_ports or free_node_ports(self.size, first_port)
        self._nodes = [self._node(number) for number in range(self.size)]
        for number in range(self.size):
            self._spawn(number)
        self._wait(lambda: all(self._answers(number) for number in range(self.size)), "the nodes to answer")
        if known_ports is None:
            topology.form(self._ports, self._primaries, self._replicas, self._wait)
        self.wait_ready()
        self._forget_dumps()
        write_private(self._layout, json.dumps(self._shape(self._ports)))

    def _known_ports(self) -> list[int] | None:
        """Return the ports of the last start, if it had our shape and they are free."""
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
        # Any server from version 7 on takes the collation from here, only newer ones from an option.
        node.start([self._executable, *options], environment={**os.environ, "LC_ALL": "C"})

    def _answers(self, number: int) -> bool:
        return self._nodes[number].check() and topology.answers(self._ports[number], self._nodes[number].pid)

    def _is_whole(self) -> bool:
        running = [port for port, node in zip(self._ports, self._nodes, strict=True) if node.alive]
        return bool(running) and all(topology.is_whole(port, self.size, self._replicas) for port in running)

    def _forget_dumps(self) -> None:
        """Remove what was loaded: after a crash it would be a stale index, which is worse than an empty one."""
        for node in self._nodes:
            (node.directory / _SETTINGS["dbfilename"]).unlink(missing_ok=True)

    def _wait(self, condition: Callable[[], object], what: str) -> None:
        def met() -> object:
            if self._aborted.is_set():
                raise Aborted("the start of Valkey was given up")
            return condition()

        wait_until(met, _START_SECONDS, what)
