"""Throughput by number of nodes, while the processor of a node is the bottleneck.

    python -m benchmarks.shards_capped --out docs/performance/results/shards-capped.json

Each node may use a small share of a core (see `caps`), as if it were a small machine. All other parts are not limited:
this process with the product's services, and a PostgreSQL that commits every submission. A submission calls one node.
An exact rank calls every node. Therefore only batching, caching and replicas increase the throughput of ranks.
"""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Annotated, Any
from uuid import uuid4

import asyncpg
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.caps import capped
from benchmarks.closed_loop import closed_loop
from benchmarks.replicas import ReplicaCluster
from benchmarks.report import about, write, write_rows
from leaderforge.adapters.clock import now_ms
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.boards import Ladder
from leaderforge.domain.order import FIRST
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.embedded import PostgresServer, ValkeyCluster
from leaderforge.ports.index import RankIndex
from leaderforge.services.receipts import WITHOUT_RANK
from leaderforge.wiring import Services, build, migrate

NODES = [1, 2, 3, 4, 6]
REPLICAS = [1, 2]
UNBATCHED = {"rank, one by one", "top 10, merged each time"}
UNBATCHED_CALLERS = 64
"""Number of callers without batching. It is small, because each caller takes a connection to every node."""
CREATED_AT_ONCE = 1000
MOST = 999
"""Largest score of a submission."""
TIMEOUT_MS = 60_000
"""Time limit in ms. Capped nodes are slow on purpose: no call may time out."""

Call = Callable[[], Awaitable[object]]


def main(
    players: Annotated[int, typer.Option(help="Players on the board.")] = 20_000,
    nodes: Annotated[
        list[int] | None, typer.Option(help="Numbers of primaries to compare, as many partitions.")
    ] = None,
    replicas: Annotated[list[int] | None, typer.Option(help="Replicas of each primary to compare with none.")] = None,
    share: Annotated[float, typer.Option(help="Share of a core that a node may use, 0.01 at least.")] = 0.02,
    callers: Annotated[int, typer.Option(help="Concurrent callers for each node.")] = 64,
    seconds: Annotated[float, typer.Option(help="Seconds that each figure is measured for.")] = 6.0,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON, and as CSV beside it.")] = None,
) -> None:
    """Measure the throughput by number of nodes."""
    wanted = nodes or NODES
    shapes = [(number, 0) for number in wanted] + [(wanted[0], count) for count in replicas or REPLICAS]
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as directory, PostgresServer(Path(directory) / "postgres") as server:
        for number, count in shapes:
            folder = Path(directory) / f"valkey-{number}-{count}"
            with ValkeyCluster(folder, nodes=number, replicas=count) as cluster:
                database = uvloop.run(new_database(server.dsn, f"nodes_{number}_{count}"))
                found = uvloop.run(measure(cluster, number, database, players, share, callers * number, seconds))
            rows += [{"nodes": number, "replicas": count, **row} for row in found]
    Console().print(table(rows))
    settings = {"players": players, "share": share, "callers_a_node": callers, "seconds": seconds}
    write({**about("benchmarks.shards_capped"), **settings, "rows": rows}, out)
    write_rows(rows, out)


async def new_database(dsn: str, name: str) -> str:
    """Create a database on the server and return its DSN."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"create database {name}")
    await connection.close()
    return f"{dsn.rpartition('/')[0]}/{name}"


async def measure(
    cluster: ValkeyCluster, primaries: int, dsn: str, players: int, share: float, callers: int, seconds: float
) -> list[dict[str, Any]]:
    """Return the throughput of each operation on this cluster. With replicas, measure ranks only."""
    async with filled(cluster.addresses, dsn, primaries, players) as services:
        if cluster.size == primaries:
            return await measured(cluster, share, await operations(services, players), callers, seconds)
        async with replicated(cluster, primaries, services, players) as calls:
            return await measured(cluster, share, calls, callers, seconds)


async def measured(
    cluster: ValkeyCluster, share: float, calls: Mapping[str, Call], callers: int, seconds: float
) -> list[dict[str, Any]]:
    """Return the throughput of each of the calls while the nodes are capped."""
    rows = []
    with capped(cluster.pids, share):
        for name, call in calls.items():
            count = min(callers, UNBATCHED_CALLERS) if name in UNBATCHED else callers
            await closed_loop(call, count, seconds / 4)
            rows.append({"operation": name, **(await closed_loop(call, count, seconds)).row()})
    return rows


@asynccontextmanager
async def filled(
    addresses: Sequence[str],
    dsn: str,
    partitions: int,
    players: int,
    *,
    namespace: str = "leaderforge",
    construct: Callable[[EnvironmentSettings], Services] = build,
    most: int = MOST,
) -> AsyncIterator[Services]:
    """Yield the services over a new database and this index, with `players` players and a score of 1 to `most` each."""
    await migrate(dsn)
    services = construct(
        EnvironmentSettings.from_environment(
            {
                "LEADERFORGE_REDIS_NODES": ",".join(addresses),
                "LEADERFORGE_POSTGRES_DSN": dsn,
                "LEADERFORGE_PARTITIONS": str(partitions),
                "LEADERFORGE_INDEX_TIMEOUT_MS": str(TIMEOUT_MS),
                "LEADERFORGE_NAMESPACE": namespace,
            }
        )
    )
    try:
        await services.maintain.rebuild()
        ladder = await default_ladder(services)
        random = Random(1)
        for first in range(1, players + 1, CREATED_AT_ONCE):
            ids = range(first, min(first + CREATED_AT_ONCE, players + 1))
            await services.parts.users.create([Player(i, f"player {i}", None, now_ms()) for i in ids])
            await services.submit.submit_many([submission(ladder, i, random, most) for i in ids], WITHOUT_RANK)
        yield services
    finally:
        await services.close()


async def default_ladder(services: Services) -> Ladder:
    """Return the ladder of the default board, which all operations use."""
    board = await services.parts.store.board("default")
    assert board is not None
    return Ladder(board)


async def operations(services: Services, players: int) -> Mapping[str, Call]:
    """Return the operations that are measured on primaries alone."""
    random, ladder = Random(2), await default_ladder(services)

    def player() -> int:
        return random.randrange(1, players + 1)

    return {
        "submit, rank=none": lambda: services.submit.submit(submission(ladder, player(), random), WITHOUT_RANK),
        "submit, exact rank": lambda: services.submit.submit(submission(ladder, player(), random)),
        "rank, one by one": lambda: rank(services.parts.index, ladder, player()),
        "rank, batched": lambda: services.query.rank(ladder, player()),
        "top 10, merged each time": lambda: services.parts.index.window(ladder, FIRST, before=0, after=10),
        "top 10, cached": lambda: services.query.top(ladder, 10),
    }


@asynccontextmanager
async def replicated(
    cluster: ValkeyCluster, primaries: int, services: Services, players: int
) -> AsyncIterator[Mapping[str, Call]]:
    """Yield the operations that are measured with replicas."""
    random, ladder = Random(2), await default_ladder(services)
    client = ReplicaCluster(cluster.addresses, timeout_s=TIMEOUT_MS / 1000)
    await client.teach()
    index = RedisIndex(client, partitions=primaries)
    try:
        yield {"rank, one by one": lambda: rank(index, ladder, random.randrange(1, players + 1))}
    finally:
        await client.close()


async def rank(index: RankIndex, ladder: Ladder, user_id: int) -> int:
    """Return the number of entries above a player, in two round trips that no other caller shares."""
    rows = await index.rows(ladder, [user_id])
    counts = await index.counts(ladder, [rows[user_id].key])
    return counts.above[0]


def submission(ladder: Ladder, user_id: int, random: Random, most: int = MOST) -> Submission:
    """Return an invented submission with a score of 1 to `most` and the current time."""
    return Submission([ladder], Event(user_id, uuid4(), random.randrange(1, most + 1), now_ms()))


def table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return the rows as a table. Each row has the ratio of its throughput to the throughput of one node."""
    shown = Table("nodes", "replicas", "operation", "a second", "of one node's", "p95 ms")
    one = {row["operation"]: row["per_second"] for row in rows[::-1] if not row["replicas"]}
    for row in rows:
        ratio = f"{row['per_second'] / one[row['operation']]:.2f}"
        shown.add_row(
            str(row["nodes"]), str(row["replicas"]), row["operation"], str(row["per_second"]), ratio, str(row["p95_ms"])
        )
    return shown


if __name__ == "__main__":
    typer.run(main)
