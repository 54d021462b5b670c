"""Runs of the `leaderforge` command as forks of a process that has imported the command.

A run in a new interpreter takes 0.6 s of CPU, 0.5 s of them for the imports. A fork takes 0.1 s. A fork is a process of
its own, with its own arguments, environment, output and exit code.
"""

import gc
import json
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_IMPORTED = (
    "leaderforge.cli",
    "leaderforge.wiring",
    "leaderforge.adapters.postgres.migrate",
    "leaderforge.adapters.postgres.score_store",
    "leaderforge.adapters.redis.cluster",
    "leaderforge.adapters.telemetry.prometheus",
    "leaderforge.services.importing",
)
"""Modules that nearly all runs need."""
_LENGTH = struct.Struct("!I")


class _Forks:
    """Process that forks the runs. The process starts with the first run."""

    def __init__(self, directory: Path) -> None:
        self._address = str(directory / "preloaded")
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def address(self) -> str:
        """Return the address of the process."""
        with self._lock:
            if self._process is None:
                self._process = self._start()
        return self._address

    def stop(self) -> None:
        if self._process is not None:
            _end(self._process)

    def _start(self) -> "subprocess.Popen[bytes]":
        path = os.pathsep.join([str(ROOT), str(ROOT / "shared")])
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADERFORGE_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.preloaded", self._address],
            cwd=ROOT,
            env=environment | {"PYTHONPATH": path},
            stdin=subprocess.PIPE,  # the process ends once this pipe is closed, as also happens if the tests are killed
            stdout=subprocess.PIPE,
        )
        if process.stdout is None or process.stdout.readline() != b"ready\n":
            _end(process)
            raise RuntimeError("the process that forks commands has not started; its errors are above")
        return process


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the process. Do not read its output to the end, because runs may still have it open."""
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


_current: list[_Forks] = []
"""Process that the present block of `preloaded` uses, if there is a block."""


@contextmanager
def preloaded(directory: Path) -> Iterator[None]:
    """Fork the runs of `run` during the block."""
    forks = _Forks(directory)
    _current.append(forks)
    try:
        yield
    finally:
        _current.remove(forks)
        forks.stop()


def run(
    arguments: Sequence[str], environment: Mapping[str, str], seconds: float
) -> "subprocess.CompletedProcess[str] | None":
    """Run the command in a fork. Return None outside a block of `preloaded`. Raises `TimeoutError` after `seconds`."""
    if not _current:
        return None
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        descriptors = output.fileno(), errors.fileno()
        code = _code_of_fork(_current[0].address(), [*arguments], environment, descriptors, seconds)
        return subprocess.CompletedProcess(arguments, code, _text(output), _text(errors))


def _code_of_fork(
    address: str, arguments: list[str], environment: Mapping[str, str], descriptors: tuple[int, int], seconds: float
) -> int:
    request = json.dumps([arguments, dict(environment), os.getcwd()]).encode()  # noqa: PTH109 - the text is sent
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(seconds)
        connection.connect(address)
        socket.send_fds(connection, [_LENGTH.pack(len(request))], descriptors)
        connection.sendall(request)
        pid = _received(connection)
        try:
            return os.waitstatus_to_exitcode(_received(connection))
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise


def _received(connection: socket.socket) -> int:
    number = connection.recv(_LENGTH.size, socket.MSG_WAITALL)
    return int(_LENGTH.unpack(number)[0])


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode())


def _serve(address: str) -> None:
    """Accept runs until the tests end. In the fork of a run, return once the fork is set up for the command."""
    for name in _IMPORTED:
        import_module(name)
    gc.freeze()  # a garbage collection in a fork would copy the shared memory that it visits
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        os.write(1, b"ready\n")
        while True:
            readable, _, _ = select.select([listening, sys.stdin], [], [])
            if sys.stdin in readable:
                os._exit(0)
            connection, _ = listening.accept()
            _reap()
            with connection:
                if os.fork():  # the child of this fork serves the connection
                    continue
                listening.close()
                return _fork_command(connection)


def _reap() -> None:
    """Wait for the forks that have ended. Only then does their CPU time count for this process."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _fork_command(connection: socket.socket) -> None:
    """Fork, and send the id and the status of the fork, which runs the command. Return only in the fork."""
    length, descriptors, *_ = socket.recv_fds(connection, _LENGTH.size, 2)
    request = connection.recv(_LENGTH.unpack(length)[0], socket.MSG_WAITALL)
    pid = os.fork()
    if pid:
        connection.sendall(_LENGTH.pack(pid))
        _, status = os.waitpid(pid, 0)
        connection.sendall(_LENGTH.pack(status))
        os._exit(0)
    arguments, environment, directory = json.loads(request)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    for number, descriptor in enumerate([os.open(os.devnull, os.O_RDONLY), *descriptors]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    time.tzset()
    random.seed()  # otherwise, all runs would have the same random numbers
    sys.argv = ["leaderforge", *arguments]


if __name__ == "__main__":
    _serve(sys.argv[1])
    from leaderforge.__main__ import run as run_command

    __package__ = None  # otherwise, the command would derive another program name from it
    run_command()
