"""Server whose clock the tests set. Its arguments are the file of the clock and the descriptor of its socket.

Several server processes share one clock, which is eight bytes of a file that all processes map.
"""

import mmap
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from struct import Struct

import uvicorn

from functions.local import create_app
from leaderforge.adapters.telemetry import logs
from leaderforge.config import EnvironmentSettings
from leaderforge.parts.servers import server_parts
from leaderforge.wiring import assemble

_TIME = Struct("=q")


class SharedClock:
    """Clock in a file, in ms since 1970. All processes that map the file have the same time."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory

    def __call__(self) -> int:
        now: int
        (now,) = _TIME.unpack_from(self._memory)
        return now

    def set(self, time: int) -> None:
        """Set the time of all processes at once."""
        _TIME.pack_into(self._memory, 0, time)


@contextmanager
def shared_clock(file: Path) -> Iterator[SharedClock]:
    """Yield the clock in a file. Create the file if it is missing."""
    if not file.exists():
        file.write_bytes(bytes(_TIME.size))
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), _TIME.size) as memory:
        yield SharedClock(memory)


def run() -> None:
    """Serve until a stop signal."""
    clock_file, descriptor = sys.argv[1:]
    settings = EnvironmentSettings.from_environment(os.environ)
    logs.configure(settings.log_level, None)
    with shared_clock(Path(clock_file)) as clock, socket.socket(fileno=int(descriptor)) as listening:
        parts = server_parts(settings, clock_us=lambda: clock() * 1000)
        app = create_app(assemble(settings, replace(parts, clock=clock)))
        # Keep idle connections open, because the server could otherwise close a connection just as a test reuses it.
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_keep_alive=600)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    run()
