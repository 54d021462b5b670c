"""Benchmarks of the store alone, on the embedded PostgreSQL or, with --dsn, on any server or Citus cluster.

    python -m benchmarks.store_bench --out docs/performance/results/store.json

With --dsn, the database must be new: the benchmark creates its tables.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Sequence
from pathlib import Path
from random import Random
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.report import about, write
from leaderforge.adapters.postgres.bulk import copy_chunk
from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.cli.synthetic import chunks
from leaderforge.domain.boards import Ladder
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.embedded import PostgresServer

NOW = 1_700_000_000_000


def main(
    players: Annotated[int, typer.Option(help="Players; five submissions each.")] = 1_000_000,
    seconds: Annotated[float, typer.Option(help="Seconds that recording is measured for, each.")] = 3.0,
    dsn: Annotated[str | None, typer.Option(help="A new database to measure on.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure the store on this machine."""
    if dsn:
        results = asyncio.run(measure(dsn, players, seconds))
    else:
        with tempfile.TemporaryDirectory() as directory, PostgresServer(Path(directory)) as server:
            results = asyncio.run(measure(server.dsn, players, seconds))
    shown = Table("what", "")
    for what, value in results.items():
        shown.add_row(what, f"{value:,.1f}" if isinstance(value, float) else str(value))
    Console().print(shown)
    write({**about("benchmarks.store_bench"), "players": players, "results": results}, out)


async def measure(dsn: str, players: int, seconds: float) -> dict[str, Any]:
    """Return the measured rates and times of the store on this database."""
    await migrate(dsn)
    pool = Pool(dsn, timeout_s=120)
    store = PostgresScoreStore(pool, record_timeout_s=120)
    board = await store.board("default")
    assert board is not None
    ladder = Ladder(board)
    [[version]] = await pool.fetch("select version()")
    results: dict[str, Any] = {"server": version.split(" on ")[0]}
    results["seconds to load all by COPY"] = await load(pool, ladder, players)
    await pool.fetch("vacuum analyze")
    for batch in (1, 32, 256):
        for callers in (1, 3):
            name = f"rows recorded a second, batches of {batch}, {callers} at a time"
            results[name] = await recorded(store, ladder, players, batch, callers, seconds)
    middle = await store.key_at(ladder, players // 2)
    assert middle is not None
    results["ms to select the entry in the middle"] = await timed(store.key_at(ladder, players // 2))
    results["ms to count above one bound in the middle"] = await timed(store.counts(ladder, [middle]))
    results["ms to read the page in the middle"] = await timed(store.window(ladder, middle, before=0, after=50))
    results["ms to read the first page"] = await timed(store.window(ladder, b"", before=0, after=50))
    results["seconds to stream all standings"] = await timed(drained(store, ladder)) / 1000
    await pool.close()
    return results


async def load(pool: Pool, ladder: Ladder, players: int) -> float:
    """Load all players and events. Return the duration in s, without the time to generate them."""
    spent = 0.0
    for plan in track(list(chunks(players, 5 * players, 1, NOW)), "Loading"):
        chunk = plan.make()
        users = [Player(user_id, name, None, NOW) for user_id, name in chunk.names.items()]
        events = [(user, UUID(int=number), score, at, None) for user, number, score, at in chunk.sessions]
        spent += await timed(copy_chunk(pool, ladder, users, events, chunk.standings, NOW)) / 1000
    return spent


async def recorded(
    store: PostgresScoreStore, ladder: Ladder, players: int, batch: int, callers: int, seconds: float
) -> float:
    """Return the submissions per second that `callers` callers record in batches of `batch`."""
    random = Random(batch * callers)
    done = 0
    started = time.perf_counter()

    def submissions() -> Sequence[Submission]:
        users = random.sample(range(1, players + 1), batch)
        return [Submission([ladder], Event(u, UUID(int=random.getrandbits(128)), 7, NOW)) for u in users]

    async def caller() -> None:
        nonlocal done
        while time.perf_counter() - started < seconds:
            outcomes = await store.record(submissions())
            done += len(outcomes)

    await asyncio.gather(*(caller() for _ in range(callers)))
    return done / (time.perf_counter() - started)


async def drained(store: PostgresScoreStore, ladder: Ladder) -> None:
    async for _ in store.all_standings(ladder):
        pass


async def timed(work: Awaitable[object]) -> float:
    """Return the duration of the work, in ms."""
    started = time.perf_counter()
    await work
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    typer.run(main)
