"""The HTTP API in a separate process."""

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from leaderforge.embedded.errors import ServerFailed
from leaderforge.embedded.ports import try_to_listen
from leaderforge.embedded.process import ServerProcess

_APPLICATION = "functions.local:create_app"
_PROTOCOL = "functions.edge.http.guarded:GuardedHttp"
_HEALTHY_SECONDS = 60.0
_DRAIN_SECONDS = 2
_REQUEST_SECONDS = 2.0
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - the address to connect to


class ApiServer:
    """uvicorn server of the functions: one process, or a parent with workers."""

    def __init__(self, directory: Path, log: Path, *, host: str, port: int, workers: int) -> None:
        self.directory = directory.resolve()
        self.host, self.port, self.workers = host, port, workers
        self.process = ServerProcess("The API", self.directory, log=log.resolve(), death_signal=signal.SIGTERM)
        self.settings: Mapping[str, str] = {}

    @property
    def url(self) -> str:
        """Base URL for clients on this machine."""
        host = _WILDCARDS.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def require_port(self) -> None:
        """End the process of an earlier start. Raises `ServerFailed` if the API cannot listen on its port."""
        self.process.end_leftover()
        try:
            try_to_listen(self.port, self.host)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ServerFailed(f"port {self.port} is taken by another program; choose one with --port") from None
            raise ServerFailed(f"cannot listen on {self.host}, port {self.port}: {error.strerror}") from None

    def start(self, settings: Mapping[str, str]) -> None:
        """Start the process with these environment variables, without waiting: see `wait_healthy`."""
        self.settings = settings
        options = ["--host", self.host, "--port", self.port, "--workers", self.workers]
        options += ["--timeout-graceful-shutdown", _DRAIN_SECONDS, "--no-access-log", "--no-proxy-headers"]
        options += ["--http", _PROTOCOL, "--ws", "none", "--no-server-header"]
        command = [sys.executable, "-m", "uvicorn", _APPLICATION, "--factory", *map(str, options)]
        # Pass the address as variables too, because the application cannot read it from uvicorn's options.
        address = {"LEADERFORGE_HOST": self.host}
        self.process.start(command, environment={**os.environ, **settings, **address, **self._metrics()})

    def restart(self, settings: Mapping[str, str]) -> None:
        """Kill the process and its workers, then start it with these environment variables."""
        self.process.kill()
        self.start(settings)

    def stop(self) -> None:
        """Shut down gracefully: drain requests for `_DRAIN_SECONDS`, then end the process and its workers."""
        self.process.stop((signal.SIGTERM, _DRAIN_SECONDS + 5.0))

    def hurry(self) -> None:
        """Kill the process, which ends a `stop` in progress."""
        self.process.send(signal.SIGKILL)

    async def wait_healthy(self) -> None:
        """Return once the API is healthy. Raises `ServerFailed` if its process ends or after `_HEALTHY_SECONDS`."""
        try:
            async with asyncio.timeout(_HEALTHY_SECONDS):
                while self.process.check() and await self.status("/api/health") != 200:  # noqa: ASYNC110 - the server is remote
                    await asyncio.sleep(0.05)
        except TimeoutError:
            end = self.process.log_end()
            raise ServerFailed(
                f"the API is not healthy after {_HEALTHY_SECONDS:g} s; its log ends with:\n{end}"
            ) from None

    async def status(self, path: str, key: str = "") -> int | None:
        """Return the HTTP status of a GET, None without a response within `_REQUEST_SECONDS`."""
        with contextlib.suppress(OSError, TimeoutError, ValueError, IndexError):
            async with asyncio.timeout(_REQUEST_SECONDS):
                return await self._get(path, key)
        return None

    async def _get(self, path: str, key: str) -> int:
        reader, writer = await asyncio.open_connection(_WILDCARDS.get(self.host, self.host), self.port)
        try:
            authorization = f"Authorization: Bearer {key}\r\n" if key else ""
            writer.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n{authorization}\r\n".encode())
            status_line = await reader.readline()
            return int(status_line.split()[1])
        finally:
            writer.close()

    def _metrics(self) -> dict[str, str]:
        """Return the environment variables for metrics: with several workers, the empty directory that they share."""
        directory = self.directory / "metrics"
        shutil.rmtree(directory, ignore_errors=True)
        if self.workers == 1:
            return {}
        directory.mkdir(mode=0o700)
        return {"PROMETHEUS_MULTIPROC_DIR": str(directory)}
