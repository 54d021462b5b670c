"""Servers of one machine, which are started, watched and stopped together."""

import asyncio
import json
import os
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from leaderforge.embedded.api import ApiServer
from leaderforge.embedded.errors import AlreadyRunning, ServerFailed
from leaderforge.embedded.files import write_private
from leaderforge.embedded.lock import DirectoryLock
from leaderforge.embedded.ports import free_port
from leaderforge.embedded.postgres import PostgresServer
from leaderforge.embedded.tasks import Watched, in_thread, keep_up, together
from leaderforge.embedded.valkey import ValkeyCluster

FIRST_VALKEY_PORT = 17_001
FIRST_POSTGRES_PORT = 15_432

_KEYS = ("submit_key", "admin_key")
_SIGNING_SECRET = "signing_secret"  # noqa: S105 - a name
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})

Step = Callable[[str], AbstractContextManager[None]]
"""Function that shows the named step as in progress while its block runs."""

Migrate = Callable[[str], Awaitable[object]]
"""Function that migrates the database with this DSN to the current schema."""


@dataclass(frozen=True, slots=True)
class StackOptions:
    """Options of a stack."""

    directory: Path
    host: str
    port: int
    nodes: int
    partitions: int
    workers: int
    site: Path | None = None
    """Directory of the built web site, served at /; None serves no site."""


class LocalStack:
    """Valkey cluster, PostgreSQL and the API, in one directory.

    Make all calls from one event loop. `stop` may follow `start` at any point, even while `start` is being cancelled.
    """

    def __init__(self, options: StackOptions) -> None:
        self.options = options
        self.directory = options.directory.resolve()
        self.valkey = ValkeyCluster(self.directory / "valkey", nodes=options.nodes, first_port=FIRST_VALKEY_PORT)
        self.postgres = PostgresServer(self.directory / "postgres", port=FIRST_POSTGRES_PORT)
        self.api = ApiServer(
            self.directory / "api",
            self.directory / "logs" / "api.log",
            host=options.host,
            port=options.port or free_port(),
            workers=options.workers,
        )
        self.keys: dict[str, str] = {}
        self._lock = DirectoryLock(self.directory / "leaderforge.lock")
        self._description = self.directory / "dev.json"

    @property
    def settings(self) -> dict[str, str]:
        """Environment variables with the servers' addresses and keys, for LeaderForge's processes."""
        return {
            "LEADERFORGE_REDIS_NODES": ",".join(self.valkey.addresses),
            "LEADERFORGE_POSTGRES_DSN": self.postgres.dsn,
            "LEADERFORGE_SUBMIT_KEYS": self.keys["submit_key"],
            "LEADERFORGE_ADMIN_KEYS": self.keys["admin_key"],
            "LEADERFORGE_HOST": self.api.host,
            "LEADERFORGE_PORT": str(self.api.port),
            "LEADERFORGE_PARTITIONS": str(self.options.partitions),
            "LEADERFORGE_WEB_DIRECTORY": str(self.options.site or ""),
            **self._sign_in_settings(),
        }

    @property
    def has_development_tokens(self) -> bool:
        """Return whether the service issues development tokens: only this machine may reach it."""
        return self.api.host in _LOOPBACK_HOSTS

    def claim(self) -> None:
        """Lock the directory and check the port. Call it before `start`.

        Raises `AlreadyRunning`. Raises `ServerFailed` if the port is taken or the directory contains other files.
        """
        self._make_directory()
        self._take_lock()
        try:
            for name in ("api", "logs"):
                (self.directory / name).mkdir(mode=0o700, exist_ok=True)
            self._description.unlink(missing_ok=True)
            self.keys = self._stored_keys()
            self.api.require_port()
        except BaseException:
            self._lock.release()
            raise

    async def start(self, step: Step, migrate: Migrate) -> None:
        """Start all servers and return once the API is healthy. Raises `ServerFailed`."""
        if not self.postgres.data.exists():
            self.valkey.wipe()  # it may contain the index of a deleted database
        await together(self._start_valkey(step), self._start_postgres(step, migrate))
        with step("API"):
            self.api.start(self.settings)
            await self.api.wait_healthy()

    def describe(self) -> None:
        """Write dev.json: addresses and keys, for other programs."""
        description = {
            "api": self.api.url,
            "web": f"{self.api.url}/",
            **self._described_keys(),
            "redis": self.valkey.addresses,
            "postgres": self.postgres.dsn,
            "partitions": self.options.partitions,
        }
        write_private(self._description, json.dumps({**description, "pid": os.getpid()}, indent=2) + "\n")

    async def watch(self, say: Callable[[str], None]) -> None:
        """Restart and report each server that ends, until cancelled. Raises `ServerFailed` if one ends too often."""
        await together(*(keep_up(watched, say) for watched in self._parts()))

    async def stop(self, step: Step) -> None:
        """Stop the servers in order: API, index, database."""
        self._description.unlink(missing_ok=True)
        async with AsyncExitStack() as steps:
            steps.callback(self._lock.release)
            steps.push_async_callback(_stop_part, step, "PostgreSQL", self.postgres.stop)
            steps.push_async_callback(_stop_part, step, "Valkey cluster", self.valkey.stop)
            steps.push_async_callback(_stop_part, step, "API", self.api.stop)

    def hurry(self) -> None:
        """Shorten a `stop` in progress: end all servers immediately."""
        self.api.hurry()
        self.valkey.hurry()
        self.postgres.hurry()

    def _make_directory(self) -> None:
        """Create the directory. Raises `ServerFailed` if it holds other files: a stack deletes files in it."""
        self.directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        if not any(self.directory.iterdir()):
            (self.directory / ".gitignore").write_text("*\n")
        elif not self._lock.path.exists():
            raise ServerFailed(f"{self.directory} holds other files; choose an empty directory with --data-dir")

    def _take_lock(self) -> None:
        try:
            self._lock.acquire(api=self.api.url)
        except AlreadyRunning as error:
            pid, api = error.details.get("pid"), error.details.get("api")
            raise AlreadyRunning(f"already running, pid {pid}, API at {api}", **error.details) from None

    async def _start_valkey(self, step: Step) -> None:
        with step(f"Valkey cluster ({self.options.nodes} nodes)"):
            await in_thread(self.valkey.start, self.valkey.abort)

    async def _start_postgres(self, step: Step, migrate: Migrate) -> None:
        with step("PostgreSQL"):
            await in_thread(self.postgres.start, self.postgres.abort)
        with step("Migrations"):
            await migrate(self.postgres.dsn)

    def _parts(self) -> Iterator[Watched]:
        for number in range(self.valkey.size):
            restart = partial(self.valkey.restart, number, wait=False)
            yield Watched(self.valkey.process(number), restart, self.valkey.abort)
        yield Watched(self.postgres.process, self.postgres.restart, self.postgres.abort)
        yield Watched(self.api.process, self.api.restart, lambda: None)

    def _stored_keys(self) -> dict[str, str]:
        """Return the keys and the signing secret of this directory. Generate and store missing ones."""
        path = self.directory / "keys.json"
        keys: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        if missing := [name for name in (*_KEYS, _SIGNING_SECRET) if name not in keys]:
            keys |= {name: secrets.token_urlsafe(24) for name in missing}
            write_private(path, json.dumps(keys, indent=2) + "\n")
        return keys

    def _described_keys(self) -> dict[str, str]:
        described = {name: self.keys[name] for name in _KEYS}
        if self.has_development_tokens:
            described[_SIGNING_SECRET] = self._sign_in_settings()["LEADERFORGE_SIGNING_SECRET"]
        return described

    def _sign_in_settings(self) -> dict[str, str]:
        """Return the settings for development tokens. Variables of the environment override them."""
        if not self.has_development_tokens:
            return {}
        defaults = {"LEADERFORGE_SIGNING_SECRET": self.keys[_SIGNING_SECRET], "LEADERFORGE_CREATE_PLAYERS": "1"}
        return {name: os.environ.get(name) or value for name, value in defaults.items()}


async def _stop_part(step: Step, name: str, stop: Callable[[], None]) -> None:
    with step(name):
        await asyncio.to_thread(stop)
