"""New index and database for a benchmark."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leaderforge.embedded import PostgresServer, ValkeyCluster
from leaderforge.wiring import migrate


@contextmanager
def backing(folder: Path) -> Iterator[dict[str, str]]:
    """Run an index and a database in a folder, with empty tables. Yield the settings with their addresses."""
    with ValkeyCluster(folder / "valkey") as cluster, PostgresServer(folder / "postgres") as server:
        asyncio.run(migrate(server.dsn))
        yield {"LEADERFORGE_REDIS_NODES": ",".join(cluster.addresses), "LEADERFORGE_POSTGRES_DSN": server.dsn}
