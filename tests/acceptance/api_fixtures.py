"""Servers of the complete product, and HTTP clients that use them over TCP."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from itertools import count

import uvicorn

from functions.edge.http.guarded import GuardedHttp
from functions.local import create_app
from leaderforge.adapters.clock import now_ms
from leaderforge.adapters.postgres.recording import Recorder
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.adapters.postgres.strategies import WriteStrategies
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.timing import COMMIT_LIMIT_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.scores import ScoreStore
from leaderforge.wiring import Services, assemble, build
from tests.api_client import ADMIN_KEY, SUBMIT_KEY, ApiClient, connected_to_server

_numbers = count(1)


def environment(addresses: list[str], dsn: str, **more: str) -> dict[str, str]:
    """Return environment settings for a new index on the cluster with these addresses, and for a database.

    Time limits are long, and requests are never refused for overload. Otherwise, tests would fail on a slow machine.
    Tests of time limits set shorter limits.
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
        "LEADERFORGE_OVERLOAD_MS": "0",
        **more,
    }


@dataclass(frozen=True)
class Served(ApiClient):
    """Running server and its client."""

    url: str
    services: Services


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install no signal handlers, because signals are for the process of the tests."""
        yield


@asynccontextmanager
async def served_twice(settings: Mapping[str, str]) -> AsyncIterator[tuple[Served, Served]]:
    """Serve two services, which share the stores but no caches. Yield them once both are healthy."""
    async with served(settings) as first, served(settings) as second:
        await first.until_healthy()
        await second.until_healthy()
        yield first, second


@asynccontextmanager
async def served(settings: Mapping[str, str], *, clock: Clock = now_ms) -> AsyncIterator[Served]:
    """Serve on a free port of the loopback address. The service reads its time from `clock`."""
    built = build(EnvironmentSettings.from_environment(settings))
    # Clocks of tests return milliseconds, but reception is measured in microseconds.
    clock_us = built.parts.clock_us if clock is now_ms else lambda: clock() * 1000
    services = assemble(built.settings, replace(built.parts, clock=clock, clock_us=clock_us))
    # Keep idle connections open. Server and client share an event loop. If the loop stalls, the server could otherwise
    # close a connection just as the client uses it.
    config = uvicorn.Config(
        create_app(services),
        http=GuardedHttp,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=600,
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            async with connected_to_server(url) as client:
                yield Served(client, url, services)
        finally:
            server.should_exit = True
            await running


def record_by(store: ScoreStore, clock: Clock) -> None:
    """Make a store take recording times from a clock. Challenges and moments compare these with the API's times."""
    assert isinstance(store, PostgresScoreStore)
    strategies = WriteStrategies(store._pool, lambda: clock() * 1000, COMMIT_LIMIT_MS / 1000)
    store._recorder = Recorder(store._pool, strategies, store._workers)
