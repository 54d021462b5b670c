"""The product as its users meet it: over TCP, on real servers."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import httpx
import uvicorn

from functions.local import create_app
from leaderforge.adapters.clock import now_ms
from leaderforge.config import EnvironmentSettings
from leaderforge.ports.clock import Clock
from leaderforge.wiring import Services, assemble, build
from tests.waiting import PATIENCE_S, until

SUBMIT_KEY = "submit-key-of-the-tests"
ADMIN_KEY = "admin-key-of-the-tests"

_numbers = count(1)

_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=2)
"""Connections are left before the server, after 5 s, closes them: a request must not meet that."""


def environment(addresses: list[str], dsn: str, **more: str) -> dict[str, str]:
    """Return settings for an index of its own on this cluster, and this database.

    Time limits are long: a test that is not of them must not meet one, however slow the machine.
    """
    return {
        "LEADERFORGE_REDIS_NODES": ",".join(addresses),
        "LEADERFORGE_NAMESPACE": f"test-api-{os.getpid()}-{next(_numbers)}",
        "LEADERFORGE_POSTGRES_DSN": dsn,
        "LEADERFORGE_SUBMIT_KEYS": SUBMIT_KEY,
        "LEADERFORGE_ADMIN_KEYS": ADMIN_KEY,
        "LEADERFORGE_RECONCILE_MS": "200",
        "LEADERFORGE_INDEX_TIMEOUT_MS": "10000",
        "LEADERFORGE_STORE_TIMEOUT_MS": "20000",
        **more,
    }


@dataclass(frozen=True)
class Served:
    """A server that runs, and a client of it."""

    url: str
    client: httpx.AsyncClient
    services: Services

    async def get(self, path: str, key: str | None = None, **headers: str) -> httpx.Response:
        """Read; underscores in the names of headers stand for hyphens."""
        return await self.client.get(path, headers=_headers(key, headers))

    async def post(self, path: str, body: Any, key: str | None = SUBMIT_KEY) -> httpx.Response:
        """Write JSON, with the submit key unless told otherwise."""
        return await self.client.post(path, json=body, headers=_headers(key, {}))

    async def send(self, method: str, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        """Send JSON, unless it is None, by any method."""
        json = {} if body is None else {"json": body}
        return await self.client.request(method, path, headers=_headers(key, {}), **json)

    def stream(self, path: str, key: str | None = None) -> AbstractAsyncContextManager[httpx.Response]:
        """Read an answer as it comes."""
        return self.client.stream("GET", path, headers=_headers(key, {}))

    async def until_healthy(self, status: str = "ok") -> None:
        """Return once health tells this status."""
        await until_healthy(self.client, status)


async def until_healthy(client: httpx.AsyncClient, status: str = "ok") -> None:
    """Return once the health of the server that it is a client of tells this status."""

    async def is_told() -> bool:
        return bool((await client.get("/api/health")).json()["status"] == status)

    await until(is_told, f"health to be {status}")


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the tests."""
        yield


@asynccontextmanager
async def served(settings: Mapping[str, str], *, clock: Clock = now_ms) -> AsyncIterator[Served]:
    """Serve on a free port of the loopback address, by this clock."""
    built = build(EnvironmentSettings.from_environment(settings))
    services = assemble(built.settings, replace(built.parts, clock=clock))
    config = uvicorn.Config(create_app(services), log_config=None, access_log=False, timeout_graceful_shutdown=5)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, limits=_LIMITS) as client:
                yield Served(url, client, services)
        finally:
            server.should_exit = True
            await running


def _headers(key: str | None, others: Mapping[str, str]) -> dict[str, str]:
    headers = {name.replace("_", "-"): value for name, value in others.items()}
    return headers if key is None else headers | {"Authorization": f"Bearer {key}"}
