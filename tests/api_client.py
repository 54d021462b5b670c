"""Client of the API, for tests in process and over HTTP."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from tests.waiting import PATIENCE_S, until

SUBMIT_KEY = "submit-key-of-the-tests"
ADMIN_KEY = "admin-key-of-the-tests"

MAINTENANCE_TASKS = frozenset({"reconciled", "boards", "verified", "folded", "settled", "teams", "dispatched"})
"""Names in the answer of the function that maintains a deployment, one for each of its tasks."""

PLAIN_HTTP = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""TLS settings of clients that use HTTP only. By default, each client loads all certificates, which takes 30 ms of CPU.
"""

_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=2)
"""Connection limits. Idle connections expire after 2 s.

The server closes idle connections after 5 s. Without the earlier expiry, a request could use a connection that the
server is closing.
"""


@dataclass(frozen=True)
class ApiClient:
    """Client that sends keys and JSON. Underscores in the names of headers become hyphens."""

    client: httpx.AsyncClient

    async def get(self, path: str, key: str | None = None, **headers: str) -> httpx.Response:
        """Send a GET, by default without a key."""
        return await self.client.get(path, headers=_headers(key, headers))

    async def post(self, path: str, body: Any, key: str | None = SUBMIT_KEY, **headers: str) -> httpx.Response:
        """Send a POST with a JSON body, by default with the submit key."""
        return await self.client.post(path, json=body, headers=_headers(key, headers))

    async def send(self, method: str, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        """Send a request of any method. The `body` is sent as JSON. None stands for no body."""
        json = {} if body is None else {"json": body}
        return await self.client.request(method, path, headers=bearer(key), **json)

    async def upload(self, path: str, content: bytes, key: str | None = None) -> httpx.Response:
        """Send a POST with a file."""
        headers = bearer(key) | {"Content-Type": "application/octet-stream"}
        return await self.client.post(path, content=content, headers=headers)

    def stream(self, path: str, key: str | None = None) -> AbstractAsyncContextManager[httpx.Response]:
        """Open a streamed response."""
        return self.client.stream("GET", path, headers=bearer(key))

    async def until_healthy(self, status: str = "ok") -> None:
        """Return once `/api/health` has this status."""

        async def is_healthy() -> bool:
            return bool((await self.get("/api/health")).json()["status"] == status)

        await until(is_healthy, f"health to be {status}")


def bearer(key: str | None) -> dict[str, str]:
    """Return the headers that send a key, empty without a key."""
    return {} if key is None else {"Authorization": f"Bearer {key}"}


@asynccontextmanager
async def connected_to_app(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Connect to an application in this process. Exceptions of the application become responses, as in a server."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@asynccontextmanager
async def connected_to_server(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Connect to a server over TCP.

    Requests wait without a limit for one of the client's connections. With many requests in flight, this wait depends
    on the speed of the machine, not on the server.
    """
    timeout = httpx.Timeout(PATIENCE_S, pool=None)
    async with httpx.AsyncClient(base_url=url, verify=PLAIN_HTTP, timeout=timeout, limits=_LIMITS) as client:
        yield client


def _headers(key: str | None, others: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in others.items()} | bearer(key)
