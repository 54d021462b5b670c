"""Processes of the product, commands and servers, as forks of a process that has imported their modules.

A run in a new interpreter takes 0.6 s of CPU, 0.5 s of them for the imports. A fork takes 0.1 s. A fork is a process of
its own, with its own arguments, environment, output and exit code.
"""

import atexit
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
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[2]
COMMAND = "leaderforge.__main__"
"""Module of the command."""
_IMPORTED = (
    "leaderforge.cli",
    "leaderforge.wiring",
    "leaderforge.adapters.postgres.migrate",
    "leaderforge.adapters.postgres.score_store",
    "leaderforge.adapters.redis.cluster",
    "leaderforge.adapters.telemetry.prometheus",
    "leaderforge.services.importing",
)
"""Modules that nearly all runs of the command need."""
_LENGTH = struct.Struct("!I")
_MAX_DESCRIPTORS = 8
FIRST_SHARED = 3
"""Number of the first shared descriptor in a fork, after standard input, output and errors."""


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
    """Fork the processes of `run` and `start` during the block."""
    forks = _Forks(directory)
    _current.append(forks)
    try:
        yield
    finally:
        _current.remove(forks)
        forks.stop()


def is_active() -> bool:
    """Return whether a block of `preloaded` runs. Only then, `start` works."""
    return bool(_current)


class Fork:
    """Forked process, with the methods of `subprocess.Popen` that tests need."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.pid = self._received()
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once the process has ended. Raises `subprocess.TimeoutExpired` after `timeout` s."""
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = os.waitstatus_to_exitcode(self._received())
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired("a fork", timeout or 0.0) from None
            self._connection.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return the exit code, None while the process runs."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0.0)
        return None

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it may have ended since, as its parent knows first
                os.kill(self.pid, number)

    def _received(self) -> int:
        number = self._connection.recv(_LENGTH.size, socket.MSG_WAITALL)
        if not number:
            raise RuntimeError("the process that forks has ended; its errors are above")
        return int(_LENGTH.unpack(number)[0])


def run(
    arguments: Sequence[str], environment: Mapping[str, str], seconds: float
) -> "subprocess.CompletedProcess[str] | None":
    """Run the command in a fork. Return None outside a block of `preloaded`.

    Raises `subprocess.TimeoutExpired` after `seconds`.
    """
    if not is_active():
        return None
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        fork = start(COMMAND, arguments, environment, output=output.fileno(), errors=errors.fileno())
        try:
            code = fork.wait(seconds)
        except subprocess.TimeoutExpired:
            fork.kill()
            fork.wait()
            raise
        return subprocess.CompletedProcess(arguments, code, _text(output), _text(errors))


def start(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    output: int = 1,
    errors: int = 2,
    shared: Sequence[int] = (),
) -> Fork:
    """Import a module, and call its function `run` in a fork with these arguments in `sys.argv`.

    The descriptors `output`, `errors` and `shared` are open in the fork. They have the numbers 1 and 2, and those
    from `FIRST_SHARED` on.
    """
    directory = os.getcwd()  # noqa: PTH109 - the text is sent
    request = json.dumps([module, [*arguments], dict(environment), directory]).encode()
    with ExitStack() as on_error:
        connection = on_error.enter_context(socket.socket(socket.AF_UNIX))
        connection.connect(_current[0].address())
        socket.send_fds(connection, [_LENGTH.pack(len(request))], [output, errors, *shared])
        connection.sendall(request)
        fork = Fork(connection)
        on_error.pop_all()
    return fork


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode())


def _serve(address: str) -> str:
    """Accept requests until the tests end. Return only in a fork that is set up: the module to run."""
    for name in _IMPORTED:
        import_module(name)
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
                length, descriptors, *_ = socket.recv_fds(connection, _LENGTH.size, _MAX_DESCRIPTORS)
                request = connection.recv(_LENGTH.unpack(length)[0], socket.MSG_WAITALL)
                module, arguments, environment, directory = json.loads(request)
                import_module(module)
                gc.freeze()  # a garbage collection in a fork would copy the shared memory that it visits
                if os.fork():  # the child of this fork reports the status to the connection
                    for descriptor in descriptors:
                        os.close(descriptor)
                    continue
                listening.close()
                _fork_and_report(connection, descriptors)
            _set_up(descriptors, arguments, environment, directory)
            return str(module)


def _reap() -> None:
    """Wait for the forks that have ended. Only then does their CPU time count for this process."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _fork_and_report(connection: socket.socket, descriptors: Sequence[int]) -> None:
    """Fork, and send the id and later the status of the fork. Return only in the fork, which keeps the descriptors."""
    pid = os.fork()
    if pid:
        for descriptor in descriptors:  # a port that the fork listens on must close with the fork
            os.close(descriptor)
        connection.sendall(_LENGTH.pack(pid))
        _, status = os.waitpid(pid, 0)
        with suppress(BrokenPipeError):  # a test may end without an interest in the status
            connection.sendall(_LENGTH.pack(status))
        os._exit(0)


def _set_up(descriptors: list[int], arguments: list[str], environment: dict[str, str], directory: str) -> None:
    """Give this process its arguments, environment, directory and descriptors."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    for number, descriptor in enumerate([os.open(os.devnull, os.O_RDONLY), *descriptors]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    time.tzset()
    random.seed()  # otherwise, all runs would have the same random numbers
    sys.argv = ["leaderforge", *arguments]


def _exit(code: int) -> NoReturn:
    """End this process as `sys.exit` does, but without freeing all modules, which would first copy their memory."""
    threading._shutdown()  # type: ignore[attr-defined] # it waits for threads, as the end of the interpreter does
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _module = _serve(sys.argv[1])
    __package__ = None  # otherwise, the command would derive another program name from it
    try:
        import_module(_module).run()
    except SystemExit as end:
        if not isinstance(end.code, int):
            raise
        _exit(end.code)
