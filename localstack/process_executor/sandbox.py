"""Process of an execution environment, with its runtime API and its log."""

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
from process_executor.runtime_api import Invocation, Message, MessageKind, RuntimeApi

_KILL_S = 5.0
"""Time in s to wait for a killed process."""
_LOG_BYTES = 1 << 24
"""Maximum bytes of a log that are read at once."""


class Sandbox:
    """Process that serves invocations one after another until it ends or is stopped."""

    def __init__(self, environment: Environment) -> None:
        self._api = RuntimeApi()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process runs
        self._logged = 0
        self._closed = False
        self._process = subprocess.Popen(  # noqa: S603 - our own function and runtime
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
        """Return whether the process runs."""
        return self._process.poll() is None

    @property
    def peak_mb(self) -> int:
        """Return the peak memory of the process in MB, 0 if the system does not report it."""
        with suppress(OSError):
            for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) // 1024
        return 0

    def await_ready(self, seconds: float) -> Message | None:
        """Return the message READY, INIT_ERROR, EXITED or CLOSED. Return None if none arrives within `seconds`."""
        return self._await({MessageKind.READY, MessageKind.INIT_ERROR}, None, seconds)

    def invoke(self, invocation: Invocation, seconds: float) -> Message | None:
        """Return the message RESPONSE, ERROR, EXITED or CLOSED. Return None if none arrives within `seconds`."""
        self._api.invocations.put(invocation)
        return self._await({MessageKind.RESPONSE, MessageKind.ERROR}, invocation.request_id, seconds)

    def new_log(self) -> str:
        """Return the output since the last call."""
        data = os.pread(self._log.fileno(), _LOG_BYTES, self._logged)
        self._logged += len(data)
        return data.decode(errors="replace")

    def close(self, grace_s: float = 0.0) -> None:
        """Stop the process and its children. Kill them after `grace_s` seconds."""
        if self._closed:
            return
        self._closed = True
        if grace_s:
            self._signal(signal.SIGTERM, grace_s)
        self._signal(signal.SIGKILL, _KILL_S)
        self._api.messages.put(Message(MessageKind.CLOSED))
        self._api.close()

    def _await(self, kinds: Collection[MessageKind], request_id: str | None, seconds: float) -> Message | None:
        """Return the next message of these kinds for the request, or the message EXITED or CLOSED.

        Return None if none arrives within `seconds`.
        """
        end = time.monotonic() + seconds
        while True:
            try:
                message = self._api.messages.get(timeout=max(0.0, end - time.monotonic()))
            except Empty:
                return None
            if message.kind in {MessageKind.EXITED, MessageKind.CLOSED}:
                return message
            if message.kind in kinds and message.request_id == request_id:
                return message

    def _await_exit(self) -> None:
        status = self._process.wait()
        self._api.messages.put(Message(MessageKind.EXITED, None, str(status).encode()))

    def _signal(self, number: int, seconds: float) -> None:
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self._process.pid, number)
            self._process.wait(seconds)
