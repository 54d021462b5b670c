"""Servers on one machine that are started, watched and stopped together."""

import asyncio
import json
import os
import secrets
from collections.abc import Awaitable, Callable, Sequence
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
from leaderforge.embedded.tasks import Backoff, RestartedServer, Say, attempt, in_thread, keep_up, together
from leaderforge.embedded.valkey import ValkeyCluster

FIRST_VALKEY_PORT = 17_001
FIRST_POSTGRES_PORT = 15_432

_INDEX_PATIENCE_SECONDS = 5.0
"""Time in s that the start waits for a stored index, once the API is healthy. PostgreSQL can answer meanwhile."""
_CHECK_SECONDS = 5.0
_INCOMPLETE_SECONDS = 30.0
"""Time in s after which an incomplete index is replaced. Most indexes are complete 10 s after a node's restart."""
_LONGEST_INDEX_PAUSE_SECONDS = 600.0
"""Longest pause in s between two creations of the index. Each creation makes the API rebuild the index completely."""

_KEYS = ("submit_key", "admin_key", "redis_password")
_SIGNING_SECRET = "signing_secret"  # noqa: S105 - a name
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})

Step = Callable[[str], AbstractContextManager[None]]
"""Function that takes the name of a step, and returns a context manager that displays the step as in progress."""

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
        self._keys_file = self.directory / "keys.json"
        self.valkey = ValkeyCluster(self.directory / "valkey", nodes=options.nodes, first_port=FIRST_VALKEY_PORT)
        self.postgres = PostgresServer(self.directory / "postgres", port=FIRST_POSTGRES_PORT)
        self.api = _api_server(self.directory, options)
        self.keys: dict[str, str] = {}
        self._index_start: asyncio.Task[None] | None = None
        self._lock = DirectoryLock(self.directory / "leaderforge.lock")
        self._description = self.directory / "dev.json"

    @property
    def settings(self) -> dict[str, str]:
        """Environment variables with the servers' addresses and keys, for LeaderForge's processes."""
        return self.settings_of(self.postgres.dsn, self.valkey.addresses)

    def settings_of(self, dsn: str, nodes: Sequence[str]) -> dict[str, str]:
        """Return the environment variables for a database and an index at these addresses."""
        return {
            "LEADERFORGE_REDIS_NODES": ",".join(nodes),
            "LEADERFORGE_REDIS_PASSWORD": self.keys["redis_password"],
            "LEADERFORGE_POSTGRES_DSN": dsn,
            "LEADERFORGE_SUBMIT_KEYS": self.keys["submit_key"],
            "LEADERFORGE_ADMIN_KEYS": self.keys["admin_key"],
            "LEADERFORGE_HOST": self.api.host,
            "LEADERFORGE_PORT": str(self.api.port),
            "LEADERFORGE_PARTITIONS": str(self.options.partitions),
            "LEADERFORGE_WEB_DIRECTORY": str(self.options.site or ""),
            "LEADERFORGE_WEB_PAGES": "submit,console",
            **self._sign_in_settings(),
        }

    @property
    def has_development_tokens(self) -> bool:
        """Return whether the service issues development tokens: only if no other machine can reach the service."""
        return self.api.host in _LOOPBACK_HOSTS

    def claim(self) -> None:
        """Lock the directory and check the port. Call it before `start`.

        Raises `AlreadyRunning`. Raises `ServerFailed` if the port is taken or the directory contains other files.
        """
        self._make_directory()
        self._take_lock()
        try:
            self._prepare_directory()
            self.api.require_port()
        except BaseException:
            self._lock.release()
            raise

    def _prepare_directory(self) -> None:
        """Create the folders, remove the dev.json of an earlier stack, and read or create the API keys."""
        for name in ("api", "logs"):
            (self.directory / name).mkdir(mode=0o700, exist_ok=True)
        self._description.unlink(missing_ok=True)
        self.keys = self._stored_keys()
        self.valkey.password = self.keys["redis_password"]

    async def start(self, step: Step, migrate: Migrate) -> None:
        """Start all servers and return once the API is healthy. Raises `ServerFailed`.

        A stored index starts concurrently, because the API does not need it. If the start of the index takes long,
        `watch` continues it.
        """
        if not self.postgres.data.exists():
            self.valkey.wipe()  # the stored index may belong to a deleted database
        is_stored = await asyncio.to_thread(self.valkey.prepare)
        self._index_start = asyncio.create_task(self._start_valkey(step))
        try:
            await together(self._start_postgres(step, migrate), *(() if is_stored else (self._index_start,)))
            with step("API"):
                self.api.start(self.settings)
                await self.api.wait_healthy()
            await asyncio.wait([self._index_start], timeout=_INDEX_PATIENCE_SECONDS)
        except BaseException:
            await _cancelled(self._index_start)
            raise

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

    async def watch(self, say: Say) -> None:
        """Restart and report each server that ends, until cancelled. A failure of one server does not end the watch."""
        await together(
            self._keep_index(say),
            keep_up(RestartedServer(self.postgres.process, self.postgres.restart, self.postgres.abort), say),
            keep_up(RestartedServer(self.api.process, self._restart_api, lambda: None), say),
            self._keep_api_informed(say),
        )

    async def stop(self, step: Step) -> None:
        """Stop the API, then the index, then the database. `step` shows each server that is being stopped."""
        if self._index_start is not None:
            await _cancelled(self._index_start)
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
        """Create the directory. Raises `ServerFailed` if it has other files, because a stack deletes files in it."""
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
            await self._start_index()

    async def _start_postgres(self, step: Step, migrate: Migrate) -> None:
        with step("PostgreSQL"):
            await in_thread(self.postgres.start, self.postgres.abort)
        with step("Migrations"):
            await migrate(self.postgres.dsn)

    async def _keep_index(self, say: Say) -> None:
        """Start the index unless it runs. Restart each node that ends, and replace an index that stays incomplete."""
        backoff = Backoff(_LONGEST_INDEX_PAUSE_SECONDS)
        starting: Awaitable[None] = self._index_start or self._start_index()
        while not await attempt("the index does not start, reads come from PostgreSQL", starting, say):
            await backoff.pause()
            starting = self._start_index()
        nodes = (
            RestartedServer(self.valkey.process(number), partial(self.valkey.revive, number), self.valkey.abort)
            for number in range(self.valkey.size)
        )
        await together(self._keep_complete(say, backoff), *(keep_up(node, say) for node in nodes))

    async def _keep_complete(self, say: Say, backoff: Backoff) -> None:
        """Replace a cluster that stays incomplete for `_INCOMPLETE_SECONDS`. The index is rebuilt from PostgreSQL."""
        now = asyncio.get_running_loop().time
        complete_at = now()
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            if await asyncio.to_thread(self.valkey.is_complete):
                complete_at = now()
            elif now() - complete_at > _INCOMPLETE_SECONDS:
                await backoff.pause()
                say("The index stays incomplete and is created anew")
                await attempt("the index is not created", in_thread(self.valkey.recreate, self.valkey.abort), say)
                complete_at = now()

    async def _keep_api_informed(self, say: Say) -> None:
        """Restart the API whenever a server has moved to another port."""
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            await attempt("the API is not told the servers' ports", self._inform_api(say), say)

    async def _inform_api(self, say: Say) -> None:
        if self.api.process.alive and self.api.settings != self.settings:
            say("A server has another port: the API is restarting")
            await in_thread(self._restart_api, lambda: None)
            self.describe()

    def _restart_api(self) -> None:
        self.api.restart(self.settings)

    async def _start_index(self) -> None:
        await in_thread(self.valkey.start, self.valkey.abort)

    def _stored_keys(self) -> dict[str, str]:
        """Return the API keys and the signing secret of this directory. Generate and store missing keys."""
        keys: dict[str, str] = json.loads(self._keys_file.read_text()) if self._keys_file.exists() else {}
        missing = {name: secrets.token_urlsafe(24) for name in (*_KEYS, _SIGNING_SECRET) if name not in keys}
        if missing:
            keys |= missing
            write_private(self._keys_file, json.dumps(keys, indent=2) + "\n")
        return keys

    def _described_keys(self) -> dict[str, str]:
        described = {name: self.keys[name] for name in _KEYS}
        if self.has_development_tokens:
            described[_SIGNING_SECRET] = self._sign_in_settings()["LEADERFORGE_SIGNING_SECRET"]
        return described

    def _sign_in_settings(self) -> dict[str, str]:
        """Return the settings for development tokens and sign-in by device. Environment variables take precedence."""
        if not self.has_development_tokens:
            return {}
        defaults = {
            "LEADERFORGE_SIGNING_SECRET": self.keys[_SIGNING_SECRET],
            "LEADERFORGE_CREATE_PLAYERS": "1",
            "LEADERFORGE_DEVICE_SIGN_IN": "1",
        }
        return {name: os.environ.get(name) or value for name, value in defaults.items()}


def _api_server(directory: Path, options: StackOptions) -> ApiServer:
    return ApiServer(
        directory / "api",
        directory / "logs" / "api.log",
        host=options.host,
        port=options.port or free_port(),
        workers=options.workers,
    )


async def _cancelled(task: asyncio.Task[None]) -> None:
    """Cancel the task and wait for its end. Ignore its error: the caller reports the cause of the cancellation."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()


async def _stop_part(step: Step, name: str, stop: Callable[[], None]) -> None:
    with step(name):
        await asyncio.to_thread(stop)
