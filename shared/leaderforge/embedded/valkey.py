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

from leaderforge.embedded.accounts import unprivileged_account
from leaderforge.embedded.dumps import loading_seconds
from leaderforge.embedded.errors import Aborted, AlreadyRunning, ServerFailed
from leaderforge.embedded.files import write_private
from leaderforge.embedded.lock import DirectoryLock
from leaderforge.embedded.ports import BUS_OFFSET, LOOPBACK, free_node_ports, is_free
from leaderforge.embedded.process import ServerProcess
from leaderforge.embedded.topology import NodeClient
from leaderforge.embedded.waiting import wait_until
from leaderforge.embedded.wheels import valkey_server

MAX_NODES = 12

_START_SECONDS = 60.0  # without the time to load a dump
_STOP_SECONDS = 60.0
_MEETING_SECONDS = 15.0
"""Time limit in s for a stored cluster to become complete, once all its nodes answer.

This usually takes some 2 s. After the limit, a new cluster is created, because a stored cluster that lacks slots or
nodes never becomes complete.
"""
_CHECK_SECONDS = 0.05
"""Pause in s between two checks during a start. A check costs several commands to each node, a start takes 2 s."""
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
    # Allow huge pages. They make forks costly, but these nodes fork only for a new replica.
    "disable-thp": "no",
}
_HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "LD_BIND_NOW": "1"}
"""Environment that requests transparent huge pages for the heap, where the kernel allows `madvise`.

Reads of large sorted sets mostly wait for memory. Huge pages avoid most misses in the processor's address translation.
Without `LD_BIND_NOW`, one start in four ignores the request: see decision 0039.
"""
_OF_OUR_VERSION = {"cluster-config-save-behavior": "best-effort"}
"""Settings that only the server in the wheel supports. `best-effort` lets a node continue to run on a full disk."""


class ValkeyCluster:
    """Valkey cluster: primaries with consecutive, equal shares of the slots, and optional replicas.

    Nodes are numbered: the primaries first, then the replicas of the first primary, and so on.

    Nodes write the index to disk only at a clean stop, because the index can be rebuilt. A cluster that fails to start
    is created anew. If root starts the nodes, the nodes run as the owner of their data or as `nobody`.
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
        self._settings = _SETTINGS if executable else {**_SETTINGS, **_OF_OUR_VERSION}
        self.password = ""
        """Password that the nodes demand from clients and from each other. Set it before the start; "" for none."""
        self._lock = DirectoryLock(self.directory / "lock")
        self._layout = self.directory / "layout.json"
        self._busy = threading.RLock()
        self._aborted = threading.Event()
        self._is_stored = False
        self._ports: list[int] = []
        self._account = unprivileged_account(self._data(0))
        self._nodes = [
            ServerProcess(f"Valkey node {number}", self._data(number).parent, account=self._account)
            for number in range(self.size)
        ]

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

    def prepare(self) -> bool:
        """Lock the directory and choose the ports of `addresses`. Further calls change nothing.

        Return whether there is a stored cluster to start. Raises `AlreadyRunning`.
        """
        with self._busy:
            if not self._lock.is_held:
                self.directory.mkdir(mode=self._mode, parents=True, exist_ok=True)
                self._lock.acquire()
                stored = self._reusable_ports()
                self._is_stored = stored is not None
                self._ports = stored or free_node_ports(self.size, self._first_port)
            return self._is_stored

    def start(self) -> None:
        """Return once the cluster is complete and every node serves. Raises `ServerFailed` or `AlreadyRunning`."""
        with self._busy:
            try:
                self._start_with_retries(is_stored=self.prepare())
            except AlreadyRunning:
                raise
            except BaseException:
                self.stop()
                raise

    def recreate(self) -> None:
        """Replace a cluster that stays incomplete by an empty cluster. Raises `ServerFailed`.

        The new cluster has the same ports, unless another program has taken one of these ports. Do nothing if the
        cluster is complete.
        """
        with self._busy:
            if self.is_complete():
                return
            self._kill_all()
            has_ports = all(map(_is_free_for_a_node, self._ports))
            self._start_on(self._ports if has_ports else free_node_ports(self.size), is_stored=False)

    def stop(self) -> None:
        """Shut all nodes down. The nodes save their data for the next start."""
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
        """Freeze a node, which then accepts connections but never responds."""
        self._nodes[node].pause()

    def resume(self, node: int) -> None:
        self._nodes[node].resume()

    def restart(self, node: int, *, wait: bool = True) -> None:
        """Kill a node if it runs and start it empty. By default, wait until the cluster is complete."""
        with self._busy:
            self._nodes[node].kill()
            self._start_node(node)
            if wait:
                self.wait_ready()

    def revive(self, node: int) -> None:
        """Start a node that has ended, without its data. Do not wait for the cluster. Raises `ServerFailed`."""
        with self._busy:
            if not self._nodes[node].alive:
                self._nodes[node].kill()
                self._start_node(node)

    def is_complete(self) -> bool:
        """Return whether every node runs and reports a complete cluster."""
        return all(node.alive for node in self._nodes) and self._is_complete()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_with_retries(self, *, is_stored: bool) -> None:
        """Start the stored cluster. If it is unusable (see `_reusable_ports`) or fails to start, create a new cluster.

        A program can take the ports between the check and the start. The last retry therefore uses other ports.
        """
        attempts = [(self._ports, True)] if is_stored else []
        for ports, uses_stored in (*attempts, (self._ports, False)):
            try:
                return self._start_on(ports, is_stored=uses_stored)
            except Aborted:
                raise
            except (ServerFailed, OSError):
                self._kill_all()
        return self._start_on(free_node_ports(self.size), is_stored=False)

    def _start_on(self, ports: list[int], *, is_stored: bool) -> None:
        if not is_stored:
            self.wipe()
        self._ports = ports
        for number in range(self.size):
            self._spawn(number)
        limit = _START_SECONDS + loading_seconds(map(self._dump, range(self.size)))
        self._wait(lambda: all(self._answers(number) for number in range(self.size)), "the nodes to answer", limit)
        if not is_stored:
            self._client.form(self._ports, self._primaries, self._replicas, self._wait)
        self._wait(self._is_complete, "the cluster to be complete", _MEETING_SECONDS if is_stored else _START_SECONDS)
        self._remove_dumps()
        write_private(self._layout, json.dumps(self._shape(self._ports)))

    def _reusable_ports(self) -> list[int] | None:
        """Return the ports of the last start if they are free and the cluster had the present shape, None otherwise."""
        self._end_leftovers()
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            shape = json.loads(self._layout.read_text())
            ports: list[int] = shape["ports"]
            has_data = all(self._data(number).exists() for number in range(self.size))
            if has_data and shape == self._shape(ports) and all(map(_is_free_for_a_node, ports)):
                return ports
        return None

    @property
    def _mode(self) -> int:
        """Mode of the supervisor's directories. If nodes run under another account, that account needs access."""
        return 0o711 if self._account.uid else 0o700

    def _data(self, number: int) -> Path:
        """Return the directory of a node's files. Only the node's account can write there."""
        return self.directory / f"node-{number}" / "data"

    def _dump(self, number: int) -> Path:
        return self._data(number) / _SETTINGS["dbfilename"]

    @property
    def _client(self) -> NodeClient:
        return NodeClient(self.password)

    def _shape(self, ports: Sequence[int]) -> dict[str, Any]:
        return {"primaries": self._primaries, "replicas": self._replicas, "ports": list(ports)}

    def _end_leftovers(self) -> None:
        for path in self.directory.glob("node-*"):
            ServerProcess(path.name, path).end_leftover()

    def _kill_all(self) -> None:
        for node in self._nodes:
            node.kill()

    def _start_node(self, number: int) -> None:
        self._spawn(number)
        self._wait(lambda: self._answers(number), f"{self._nodes[number].name} to answer")

    def _spawn(self, number: int) -> None:
        self._make_directories(number)
        # Set the collation by LC_ALL, which servers of version 7 read. Only later versions have an option for the
        # collation.
        environment = {**_HUGE_PAGES, **os.environ, "LC_ALL": "C"}
        # Pass secrets as standard input, because every user of the machine can read the options of a process.
        secrets = [f"{name} {self.password}\n" for name in ("requirepass", "masterauth") if self.password]
        self._nodes[number].start(
            [self._executable, "-", *self._options(number)],
            cwd=self._data(number),
            environment=environment,
            standard_input="".join(secrets).encode(),
        )

    def _options(self, number: int) -> Sequence[str]:
        """Return the options of a node's command."""
        port = self._ports[number]
        ports = {"port": str(port), "cluster-port": str(port + BUS_OFFSET)}
        settings = {**ports, "dir": str(self._data(number)), **self._settings}
        return [part for name, value in settings.items() for part in (f"--{name}", value)]

    def _make_directories(self, number: int) -> None:
        data = self._data(number)
        data.parent.mkdir(mode=self._mode, exist_ok=True)
        if not data.exists():
            data.mkdir(mode=0o700)
            os.chown(data, self._account.uid or -1, self._account.gid or -1)

    def _answers(self, number: int) -> bool:
        return self._nodes[number].check() and self._client.answers(self._ports[number], self._nodes[number].pid)

    def _is_complete(self) -> bool:
        running = [port for port, node in zip(self._ports, self._nodes, strict=True) if node.alive]
        return bool(running) and all(self._client.is_complete(port, self.size, self._replicas) for port in running)

    def _remove_dumps(self) -> None:
        """Delete the dumps that the nodes have loaded. After a crash, a start from them would restore a stale index."""
        for number in range(self.size):
            self._dump(number).unlink(missing_ok=True)

    def _wait(self, condition: Callable[[], object], subject: str, seconds: float = _START_SECONDS) -> None:
        def is_met() -> object:
            if self._aborted.is_set():
                raise Aborted("the start of Valkey was aborted")
            return condition()

        wait_until(is_met, seconds, subject, every=_CHECK_SECONDS)


def _is_free_for_a_node(port: int) -> bool:
    return is_free(port) and is_free(port + BUS_OFFSET)
