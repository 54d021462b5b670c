"""Server process that cannot outlive its supervisor."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from leaderforge.embedded import tree
from leaderforge.embedded.errors import ServerFailed
from leaderforge.embedded.files import append_log, rotate_log, write_private

_SPAWNER = ThreadPoolExecutor(1, thread_name_prefix="leaderforge-spawner")
"""Thread that starts every process.

Linux sends a process its death signal when the *thread* that forked it ends. This thread lives as long as the program.
"""

_GUARD = Path(__file__).with_name("guard.py")
_MARK = "LEADERFORGE_SUPERVISED_IN"
_END_OF_LOG = 15
_LARGE_LOG = 10_000_000
"""Length in bytes. A log that reaches it is rotated."""

_PIPE_BYTES = 4096
"""Bytes that every system accepts in a pipe without a reader."""


@dataclass(frozen=True, slots=True)
class Account:
    """User and group of a process. With 0, the process keeps its parent's user and group."""

    uid: int = 0
    gid: int = 0


class ServerProcess:
    """Supervisor of one process and its descendants.

    The process runs in its own session. Ctrl-C in the terminal therefore reaches only the supervisor, which stops its
    servers in order.

    On Linux, the system sends `death_signal` to the process when the supervisor ends. If the process survives, the next
    `start` in the same directory ends it. The directory has the process id and the time of creation, which identify the
    process.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        *,
        log: Path | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
        account: Account | None = None,
    ) -> None:
        self.name = name
        self.directory = directory
        self.log = log or directory / "server.log"
        self._record = directory / "process.json"
        self._death_signal = death_signal
        self._account = account or Account()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id, None unless the process runs."""
        return self._process.pid if self._process and self.alive else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Exit code, None while the process runs or before its start."""
        return self._process.poll() if self._process else None

    def start(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        standard_input: bytes = b"",
    ) -> None:
        """Start the command. `standard_input` may have up to 4 KiB.

        Raises `ServerFailed` if the process of an earlier start cannot be ended.
        """
        self.end_leftover()
        self.rotate_log()
        environment = {**(os.environ if environment is None else environment), _MARK: str(self.directory)}
        guarded = [*self._guard(), *map(str, command)]
        # Record the id and the time of creation, because the system may reuse an id.
        self._process = self._spawn(guarded, cwd or self.directory, environment, standard_input)
        created = psutil.Process(self._process.pid).create_time()
        with contextlib.suppress(OSError):  # optional: the record only matters if the supervisor is killed
            write_private(self._record, json.dumps({"pid": self._process.pid, "created": created}))

    def send(self, number: signal.Signals) -> None:
        """Send a signal if the process runs, and resume the process if it is paused."""
        if self.alive:
            self._require().send_signal(number)
            # Resume the process, because a suspended process (SIGSTOP) does not handle signals.
            self.resume()

    def stop(self, *steps: tuple[signal.Signals, float]) -> None:
        """Per step, send the signal and wait up to the time (s) for the end. Then kill the process and descendants."""
        for number, seconds in steps:
            if not self.alive:
                break
            self.send(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._require().wait(seconds)
        self.kill()

    def kill(self) -> None:
        """Kill the process and its descendants, as a crash would."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGSTOP)  # a frozen process cannot fork while its children are collected
        children = [*tree.family(self._process.pid)[1:], *tree.group(self._process.pid)]
        self._process.kill()
        self._process.wait()
        tree.end(children)
        self._process = None
        self._record.unlink(missing_ok=True)

    def pause(self) -> None:
        """Freeze the process and its descendants: connections stay open without any response."""
        self._require().send_signal(signal.SIGSTOP)
        for process in tree.family(self._require().pid):
            tree.send(process, signal.SIGSTOP)

    def resume(self) -> None:
        # Resume descendants first, because a resumed parent could end while they are still frozen.
        for process in reversed(tree.family(self._require().pid)):
            tree.send(process, signal.SIGCONT)

    def check(self) -> bool:
        """Return True if the process runs. Otherwise raise `ServerFailed` with the end of its log."""
        if self.alive:
            return True
        raise ServerFailed(f"{self.name} ended unexpectedly; its log {self.log} ends with:\n{self.log_end()}")

    def rotate_log(self) -> None:
        """Rotate the log if it is large, also while the process runs."""
        rotate_log(self.log, _LARGE_LOG)

    def log_end(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-_END_OF_LOG:])
        return "(there is no log)"

    def end_leftover(self) -> None:
        """End the process of an earlier supervisor of this directory, by the recorded id and time of creation."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # no record, or an unusable record
            record = json.loads(self._record.read_text())
            leader = tree.find(record["pid"], record["created"])
            family = tree.family(record["pid"]) if leader else []
            if leader:
                tree.send(leader, self._death_signal)
                tree.send(leader, signal.SIGCONT)
                psutil.wait_procs([leader], timeout=5)
            tree.end([*family, *(process for process in tree.group(record["pid"]) if self._is_marked(process))])
        self._record.unlink(missing_ok=True)

    def _is_marked(self, process: psutil.Process) -> bool:
        """Return whether the process has the environment variable `_MARK` of this directory, which `start` sets."""
        with contextlib.suppress(psutil.Error):
            return process.environ().get(_MARK) == str(self.directory)
        return False

    def _guard(self) -> list[str]:
        arguments = [os.getpid(), int(self._death_signal), self._account.uid, self._account.gid]
        return [sys.executable, "-I", "-S", str(_GUARD), *map(str, arguments)]

    def _spawn(
        self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], standard_input: bytes
    ) -> subprocess.Popen[bytes]:
        with append_log(self.log) as log, _pipe_of(standard_input) as stdin:
            started = _SPAWNER.submit(
                subprocess.Popen,
                command,
                cwd=cwd,
                env=environment,
                stdin=stdin,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            return started.result()

    def _require(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ServerFailed(f"{self.name} is not running")
        return self._process


def _pipe_of(content: bytes) -> IO[bytes]:
    """Return the reading end of a pipe with this content. Unlike a temporary file, it needs no space on a disk.

    Raises `ValueError` for a content longer than `_PIPE_BYTES`, because writing it could wait for a reader.
    """
    if len(content) > _PIPE_BYTES:
        raise ValueError(f"standard input may have at most {_PIPE_BYTES} bytes")
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as end:
        end.write(content)
    return os.fdopen(reader, "rb")
