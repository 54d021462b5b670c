"""Programs that drive an SDK for the tests, each with one client. sdk/conformance/README.md has their protocol."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from leaderforge.embedded.tree import lives
from tests.sdk.csharp import csharp_program
from tests.sdk.godot import godot_driver
from tests.waiting import PATIENCE_S, until

ROOT = Path(__file__).parents[2]
SDK = ROOT / "sdk"
CONFORMANCE = SDK / "conformance"


def _csharp() -> Sequence[str]:
    return ["mono", str(csharp_program("CSharpDriver", CONFORMANCE / "CSharpDriver.cs"))]


def _godot() -> Sequence[str]:
    return [sys.executable, str(CONFORMANCE / "godot_bridge.py"), str(godot_driver())]


COMMANDS: dict[str, Callable[[], Sequence[str]]] = {
    "python-async": lambda: [sys.executable, str(CONFORMANCE / "python_driver.py"), "async"],
    "python-sync": lambda: [sys.executable, str(CONFORMANCE / "python_driver.py"), "sync"],
    "typescript": lambda: ["node", str(CONFORMANCE / "typescript_driver.mjs")],
    "csharp": _csharp,
    "godot": _godot,
}
"""Functions that return the command of a driver, by its name. They skip the test if the machine lacks a program."""
LONG_ONLY = frozenset({"python-sync"})
"""Drivers that only `make test-long` runs: the synchronous client performs the same calls as the asynchronous client.
"""
SAMPLED = frozenset({"csharp", "godot"})
"""Drivers with which `make test` runs only a sample of the cases: their processes take a second to start."""
_LIMIT_BYTES = 1 << 24


class Refused(Exception):
    """Error that the SDK raised: `kind`, and the server's `code` and `status` if any."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(str(error))
        self.error = error


class Killed(Exception):
    """Error for a command whose driver ended before it answered."""


class Driver:
    """Process of a driver. It can be killed, and starts again with the next command."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._last = 0

    async def start(self, op: str, **args: Any) -> tuple[int, asyncio.Future[dict[str, Any]]]:
        """Send a command. Return its id, and a future that will have the answer."""
        process = await self._running()
        self._last += 1
        answer = self._answers[self._last] = asyncio.get_running_loop().create_future()
        assert process.stdin is not None
        process.stdin.write(json.dumps({"id": self._last, "op": op, "args": args}).encode() + b"\n")
        with suppress(ConnectionError):
            await process.stdin.drain()
        return self._last, answer

    async def do(self, op: str, **args: Any) -> Any:
        """Return the result of a command. Raises `Refused` or `Killed`."""
        _, answer = await self.start(op, **args)
        return await result_of(answer)

    def processes(self) -> list[psutil.Process]:
        """Return the running process and the processes that it started."""
        if self._process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self._process.pid)
            return [process, *process.children(recursive=True)]
        return []

    async def kill(self) -> None:
        """Kill the process by SIGKILL during its work. Return once the processes that it started have ended too."""
        if self._process is not None and self._reading is not None:
            started = self.processes()[1:]
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            await self._reading
            await until(lambda: not any(map(lives, started)), "the end of what the driver started")
            self._process = None

    async def stop(self) -> None:
        """Close the input of the process, which then ends as in normal use."""
        if self._process is not None and self._reading is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()
            await self._reading

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            paths = {"PYTHONPATH": str(SDK / "python" / "src")}
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, **paths},
                limit=_LIMIT_BYTES,
                restore_signals=False,  # with SIGXFSZ ignored, writes at a size limit fail as on a full disk
            )
            self._reading = asyncio.create_task(self._read(self._process))
        return self._process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            if not line.startswith(b"{"):
                continue  # not an answer: Mono prints a warning when a file reaches its size limit
            answer = json.loads(line)
            if (future := self._answers.pop(answer["id"], None)) and not future.done():
                future.set_result(answer)
        for future in self._answers.values():
            if not future.done():
                future.set_result({"killed": True})
        self._answers.clear()


async def result_of(answer: asyncio.Future[dict[str, Any]]) -> Any:
    """Return the result in an answer, at most `PATIENCE_S` later. Raises `Refused` or `Killed`."""
    async with asyncio.timeout(PATIENCE_S):
        members = await answer
    if "killed" in members:
        raise Killed
    if "error" in members:
        raise Refused(members["error"])
    return members["result"]


@asynccontextmanager
async def driving(name: str) -> AsyncIterator[Driver]:
    """Drive the SDK of this name."""
    driver = Driver(COMMANDS[name]())
    try:
        yield driver
    finally:
        await driver.stop()
