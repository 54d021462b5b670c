"""Termination of the processes that tests start."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from tests.waiting import PATIENCE_S


class Process(Protocol):
    """Process that a test started, by `subprocess.Popen` or as a fork."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


ProcessT = TypeVar("ProcessT", bound=Process)


@contextmanager
def ending(process: ProcessT) -> Iterator[ProcessT]:
    """Send SIGTERM to the process at the end of the block. If the process does not end in time, kill it and fail."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
