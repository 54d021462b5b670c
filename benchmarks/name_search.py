"""Search inside names: its time, the size of its indexes, and their cost for new players.

    python -m benchmarks.name_search --out docs/performance/results/name-search.json

Without --dsn, two databases on the embedded PostgreSQL get the same players. Only one has the indexes. Players are
created in both in turns. With --dsn, only searches are measured, on a new database or Citus cluster.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import count, islice
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.report import about, quartiles, write
from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.adapters.postgres.name_search import enable_name_search
from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.cli.synthetic import name_of
from leaderforge.domain.names import name_key
from leaderforge.domain.players import Player
from leaderforge.embedded import PostgresServer

TEXTS = ("hydra", "ydr", "shydra1", "e1", "no such name", "999")
OFFERED = 8
SEARCHES = 40
LOADS = ((1, 8, 800), (100, 1, 4_000), (1_000, 1, 8_000))
"""Loads to measure: new players per call, concurrent calls, and new players per round."""


def main(
    players: Annotated[int, typer.Option(help="Players before the measurement.")] = 300_000,
    rounds: Annotated[int, typer.Option(help="Rounds of new players, each in both databases.")] = 15,
    dsn: Annotated[str | None, typer.Option(help="A new database, to measure only searches on it.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure search inside names."""
    if dsn:
        results = asyncio.run(searched(dsn, players))
    else:
        with tempfile.TemporaryDirectory() as directory, PostgresServer(Path(directory)) as server:
            results = asyncio.run(compared(server.dsn, players, rounds))
    table = Table("what", "")
    for what, value in results.items():
        table.add_row(what, str(value))
    Console().print(table)
    write({**about("benchmarks.name_search"), "players": players, "results": results}, out)


async def searched(dsn: str, players: int) -> dict[str, Any]:
    """Return the build time and sizes of the indexes, and search times, on a new database with these players."""
    await migrate(dsn)
    await load(dsn, players)
    start = time.perf_counter()
    await enable_name_search(dsn)
    results: dict[str, Any] = {"seconds to build the indexes": round(time.perf_counter() - start, 2)}
    connection = await asyncpg.connect(dsn)
    await connection.execute("vacuum analyze")
    for relation in ("username_claims_within", "username_claims_pkey", "username_claims"):
        results[f"bytes of {relation}"] = await connection.fetchval("select pg_relation_size($1::regclass)", relation)
    await connection.close()
    pool = Pool(dsn, timeout_s=60)
    for text in TEXTS:
        results[f"ms to search {text!r}, median and maximum"] = await search_times(PostgresPlayerStore(pool), text)
    await pool.close()
    return results


async def search_times(store: PostgresPlayerStore, text: str) -> Sequence[float]:
    """Return the median and the maximum time in ms of two concurrent searches: by prefix, and inside names."""
    times = []
    for _ in range(SEARCHES + 1):
        start = time.perf_counter()
        await asyncio.gather(store.with_prefix(text, OFFERED), store.containing(text, OFFERED))
        times.append(round(1000 * (time.perf_counter() - start), 2))
    return [median(times[1:]), max(times[1:])]


async def compared(dsn: str, players: int, rounds: int) -> dict[str, Any]:
    """Return the figures of searches, and the ratio of the rates of new players: with to without the indexes."""
    indexed, plain = [await new_database(dsn, name) for name in ("indexed", "plain")]
    results = await searched(indexed, players)
    await migrate(plain)
    await load(plain, players)
    pools = [Pool(each, timeout_s=60) for each in (indexed, plain)]
    ids = count(players)
    for batch, callers, created in LOADS:
        ratios = []
        for turn in range(rounds):
            new = [next(ids) for _ in range(created)]
            # The databases take turns in being measured first, because checkpoints of one database slow down the other.
            order = pools if turn % 2 else pools[::-1]
            rates = {pool: await creation_rate(pool, new, batch, callers) for pool in order}
            ratios.append(rates[pools[0]] / rates[pools[1]])
        low, middle, high = (round(ratio, 3) for ratio in quartiles(ratios))
        results[f"new players, ratio, batches of {batch}, {callers} at a time"] = [low, middle, high]
    await asyncio.gather(*(pool.close() for pool in pools))
    return results


async def creation_rate(pool: Pool, ids: Sequence[int], batch: int, callers: int) -> float:
    """Return the number of created players per second."""
    store, queue = PostgresPlayerStore(pool), iter(ids)

    async def call() -> None:
        while part := list(islice(queue, batch)):
            await store.create([Player(i, f"{name_of(i)}x", None, 0) for i in part])

    start = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(callers)))
    return len(ids) / (time.perf_counter() - start)


async def new_database(dsn: str, name: str) -> str:
    """Create a database on the server, and return its DSN."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"create database {name}")
    await connection.close()
    return f"{dsn.rpartition('/')[0]}/{name}"


async def load(dsn: str, players: int) -> None:
    """Load players with names."""
    connection = await asyncpg.connect(dsn)
    rows: dict[str, tuple[tuple[str, ...], Callable[[int], tuple[object, ...]]]] = {
        "users": (("user_id", "username", "created_at"), lambda i: (i, name_of(i), 0)),
        "username_claims": (("username_key", "user_id"), lambda i: (name_key(name_of(i)), i)),
    }
    for table, (columns, row) in rows.items():
        await connection.copy_records_to_table(table, records=map(row, range(players)), columns=columns)
    await connection.close()


if __name__ == "__main__":
    typer.run(main)
