"""Product on a Citus cluster that runs on this machine, for benchmarks."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.embedded import ValkeyCluster
from leaderforge.embedded.api import ApiServer
from leaderforge.embedded.ports import LOOPBACK, free_port
from tests.contract.store_fixtures import empty

NODES = 3


@contextmanager
def product_on_citus(directory: Path, dsn: str) -> Iterator[dict[str, Any]]:
    """Drop the cluster's tables, and run an index, and an API with the cluster as its store. Yield the facts that
    `leaderforge dev` writes to dev.json.

    The fact `servers` has the ids of the cluster's server processes. Their processor time counts as the database's.
    """
    asyncio.run(_prepare(dsn))
    keys = {name: secrets.token_urlsafe(24) for name in ("submit_key", "admin_key")}
    api = ApiServer(directory / "api", directory / "api.log", host=LOOPBACK, port=free_port(), workers=1)
    with ExitStack() as stack:
        index = stack.enter_context(ValkeyCluster(directory / "valkey", nodes=NODES))
        (directory / "api").mkdir()
        stack.callback(api.stop)
        settings = {
            "LEADERFORGE_REDIS_NODES": ",".join(index.addresses),
            "LEADERFORGE_POSTGRES_DSN": dsn,
            "LEADERFORGE_SUBMIT_KEYS": keys["submit_key"],
            "LEADERFORGE_ADMIN_KEYS": keys["admin_key"],
            "LEADERFORGE_PARTITIONS": str(NODES),
            "LEADERFORGE_OVERLOAD_MS": "0",
        }
        api.start(settings)
        asyncio.run(api.wait_healthy())
        servers = asyncio.run(_server_processes(dsn))
        yield {"api": api.url, "postgres": dsn, "pid": os.getpid(), "servers": servers, **keys}


async def _prepare(dsn: str) -> None:
    await empty(dsn)
    await migrate(dsn)


async def _server_processes(dsn: str) -> list[int]:
    """Return the ids of the processes that listen on the ports of the coordinator and of the workers."""
    connection = await asyncpg.connect(dsn)
    try:
        ports = {row["nodeport"] for row in await connection.fetch("select nodeport from pg_dist_node")}
    finally:
        await connection.close()
    listening = [
        c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port in ports
    ]
    return sorted({connection.pid for connection in listening if connection.pid is not None})
