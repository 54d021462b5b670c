"""Termination of the processes that tests start."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import AnyStr

from tests.waiting import PATIENCE_S


@contextmanager
def ending(process: "subprocess.Popen[AnyStr]") -> Iterator["subprocess.Popen[AnyStr]"]:
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
