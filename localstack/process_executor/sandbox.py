"""The process of one execution environment, with its runtime API and its log."""

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from queue import Empty

from process_executor.environment import Environment
from process_executor.runtime_api import Invocation, Kind, Message, RuntimeApi

_KILL_S = 5.0
_LOG_BYTES = 1 << 24


class Sandbox:
    """A process that serves one invocation after the other until it ends or is ended."""

    def __init__(self, environment: Environment) -> None:
        self._api = RuntimeApi()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._logged = 0
        self._closed = False
        self._process = subprocess.Popen(  # noqa: S603 - the function is ours, and so is its runtime
            environment.command,
            cwd=environment.directory,
            env={**environment.variables, "AWS_LAMBDA_RUNTIME_API": self._api.address},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        threading.Thread(target=self._await_exit, daemon=True).start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def peak_mb(self) -> int:
        """The most memory that the process has used; 0 where that is not known."""
        with suppress(OSError):
            for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) // 1024
        return 0

    def await_ready(self, seconds: float) -> Message | None:
        """Return how the start went: READY, INIT_ERROR, EXITED or CLOSED; None if it takes longer."""
        return self._await({Kind.READY, Kind.INIT_ERROR}, None, seconds)

    def invoke(self, invocation: Invocation, seconds: float) -> Message | None:
        """Return what became of an invocation: RESPONSE, ERROR, EXITED or CLOSED; None if it takes longer."""
        self._api.invocations.put(invocation)
        return self._await({Kind.RESPONSE, Kind.ERROR}, invocation.request_id, seconds)

    def new_log(self) -> str:
        """Return what was written since the last call."""
        data = os.pread(self._log.fileno(), _LOG_BYTES, self._logged)
        self._logged += len(data)
        return data.decode(errors="replace")

    def close(self, grace_s: float = 0.0) -> None:
        """End the process and all that it started, by force once the grace is over."""
        if self._closed:
            return
        self._closed = True
        if grace_s:
            self._signal(signal.SIGTERM, grace_s)
        self._signal(signal.SIGKILL, _KILL_S)
        self._api.messages.put(Message(Kind.CLOSED))
        self._api.close()

    def _await(self, kinds: Collection[Kind], request_id: str | None, seconds: float) -> Message | None:
        end = time.monotonic() + seconds
        while True:
            try:
                message = self._api.messages.get(timeout=max(0.0, end - time.monotonic()))
            except Empty:
                return None
            if message.kind in {Kind.EXITED, Kind.CLOSED}:
                return message
            if message.kind in kinds and message.request_id == request_id:
                return message

    def _await_exit(self) -> None:
        status = self._process.wait()
        self._api.messages.put(Message(Kind.EXITED, None, str(status).encode()))

    def _signal(self, number: int, seconds: float) -> None:
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self._process.pid, number)
            self._process.wait(seconds)
