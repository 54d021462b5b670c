"""Reads at past moments, and their cost, on the embedded PostgreSQL or, with --dsn, on any server or Citus cluster.

    python -m benchmarks.moments --out docs/performance/results/moments.json

All players have a score. Then submissions change some of them, in batches, on a board with past standings and, in
turns, on one without. Reads take random players and random moments of this time. A part of the moments is compared with
a replay of all submissions in Python, which shares no code with the product. With --dsn, the database must be new.
"""

import asyncio
import os
import tempfile
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.report import about, write
from leaderforge.adapters.postgres.bulk import copy_chunk
from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.adapters.postgres.moment_store import PostgresMoments
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.cli.synthetic import chunks
from leaderforge.domain.boards import Board, Ladder, Policy
from leaderforge.domain.moments import Moments
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.embedded import PostgresServer

START = 1_795_392_000_000
"""2026-11-23T00:00:00Z, in ms."""
BATCH = 32
PAGE = 50
CHANGES = 1_000
_MEGABYTE = 1_000_000


@dataclass
class World:
    """Two boards with the same players: one with past standings, one without.

    `log` has the submissions to the board with past standings: time of recording (ms), time of achievement (ms),
    player and score. `now` (ms) is the time of the store.
    """

    pool: Pool
    players: int
    now: int = START
    log: list[tuple[int, int, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(1)
        self.store = PostgresScoreStore(self.pool, clock=lambda: self.now * 1000, record_timeout_s=120)
        self.moments = PostgresMoments(self.pool)

    async def create(self) -> None:
        """Create the boards and store one score of each player on both."""
        past = Board(0, "past", "Past", Policy.BEST, moments=Moments(30, START, START))
        self.past = Ladder(await self.store.create_board(past))
        self.plain = Ladder(await self.store.create_board(Board(0, "plain", "Plain", Policy.BEST)))
        for plan in track(list(chunks(self.players, self.players, 1, START)), "Loading"):
            chunk = plan.make()
            users = [Player(user_id, name, None, START) for user_id, name in chunk.names.items()]
            standings = [standing._replace(revision=START * 1000) for standing in chunk.standings]
            for ladder, new_users in ((self.past, users), (self.plain, [])):
                events = [(user, UUID(int=number), score, START, None) for user, number, score, _ in chunk.sessions]
                await copy_chunk(self.pool, ladder, new_users, events, standings, START)
            self.log += [(START, s.achieved_at, s.user_id, s.score) for s in chunk.standings]
        for table in ("standings", "past_standings", "score_events"):
            await self.pool.fetch(f"analyze {table}")

    async def submit(self, ladder: Ladder) -> float:
        """Submit a batch, and return its duration in s."""
        self.now += 50
        users = self.random.sample(range(1, self.players + 1), BATCH)
        scores = [self.random.randrange(1_000_000) for _ in users]
        batch = [
            Submission([ladder], Event(user, UUID(int=self.random.getrandbits(128)), score, self.now))
            for user, score in zip(users, scores, strict=True)
        ]
        started = perf_counter()
        await self.store.record(batch)
        duration = perf_counter() - started
        if ladder is self.past:
            self.log += [(self.now, self.now, user, score) for user, score in zip(users, scores, strict=True)]
        return duration

    async def rank(self, user_id: int, moment: int) -> int:
        """Return a player's rank at a moment."""
        ranking = self.moments.ranking(moment)
        rows = await ranking.rows(self.past, [user_id])
        return 1 + (await ranking.counts(self.past, [rows[user_id].key])).above[0]

    async def page(self, rank: int, moment: int) -> Sequence[bytes]:
        """Return the sort keys of a page at a moment."""
        window = await self.moments.ranking(moment).window_at(self.past, rank, PAGE)
        return [row.key for row in window.after]

    def replay(self, moment: int) -> list[tuple[int, int, int]]:
        """Return the entries at a moment, best first, as negative score, time and player, by a replay of all scores."""
        best: dict[int, tuple[int, int, int]] = {}
        for recorded_at, at, user_id, score in self.log:
            if recorded_at <= moment:
                entry = (-score, at, user_id)
                best[user_id] = min(entry, best.get(user_id, entry))
        return sorted(best.values())


def main(
    players: Annotated[int, typer.Option(help="Players of each board.")] = 1_000_000,
    batches: Annotated[int, typer.Option(help=f"Batches of {BATCH} submissions to each board.")] = 1_500,
    reads: Annotated[int, typer.Option(help="Reads of each kind.")] = 500,
    dsn: Annotated[str | None, typer.Option(help="A new database to measure on.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure reads at past moments on this machine."""
    before = os.getloadavg()
    if dsn:
        results = asyncio.run(measure(dsn, players, batches, reads))
    else:
        with tempfile.TemporaryDirectory() as directory, PostgresServer(Path(directory)) as server:
            results = asyncio.run(measure(server.dsn, players, batches, reads))
    table = Table("what", "")
    for name, value in results.items():
        table.add_row(name, f"{value:,.2f}" if isinstance(value, float) else str(value))
    Console().print(table)
    loads = [round(before[0], 1), round(os.getloadavg()[0], 1)]
    scale = {"players": players, "batches": batches, "reads": reads}
    write({**about("benchmarks.moments"), **scale, "loads": loads, "results": results}, out)


async def measure(dsn: str, players: int, batches: int, reads: int) -> dict[str, Any]:
    """Return the times of submissions and reads, and the sizes."""
    await migrate(dsn)
    pool = Pool(dsn, timeout_s=300, stream_timeout_s=300)
    world = World(pool, players)
    await world.create()
    results = await _sizes(pool, "base")
    durations: dict[Ladder, list[float]] = {world.past: [], world.plain: []}
    checkpoints: list[float] = []
    for _ in track(range(batches), "Submitting"):
        for ladder, times in durations.items():
            times.append(await world.submit(ladder))
    started = perf_counter()
    while await world.moments.add_checkpoint(world.past, CHANGES, world.now):
        checkpoints.append(perf_counter() - started)
        started = perf_counter()
    past, plain = (median(times) * 1000 for times in durations.values())
    results |= {"batch with past, ms": past, "batch without, ms": plain, "ratio of batches": past / plain}
    results |= {"first checkpoint, s": checkpoints[0], "next checkpoints, s": median(checkpoints[1:] or [0.0])}
    results |= await _sizes(pool, "end")
    results |= await _reads(world, reads)
    results["compared reads"] = await _compared(world, reads)
    await pool.close()
    return results


async def _reads(world: World, reads: int) -> dict[str, float]:
    random = Random(2)

    def moment() -> int:
        return random.randint(START, world.now)

    def player() -> int:
        return random.randint(1, world.players)

    kinds: dict[str, Callable[[], Awaitable[object]]] = {
        "rank": lambda: world.rank(player(), moment()),
        "page": lambda: world.page(player(), moment()),
    }
    results: dict[str, float] = {}
    for name, read in kinds.items():
        times = []
        for _ in track(range(reads), name):
            started = perf_counter()
            await read()
            times.append((perf_counter() - started) * 1000)
        cuts = quantiles(times, n=100)
        results |= {f"{name}, p50 ms": cuts[49], f"{name}, p99 ms": cuts[98]}
    return results


async def _compared(world: World, reads: int) -> int:
    """Compare ranks at some moments with a replay, and return their number.

    Raises `AssertionError` if a rank differs.
    """
    random = Random(3)
    moments = [random.randint(START, world.now) for _ in range(20)]
    for moment in track(moments, "Comparing"):
        entries = world.replay(moment)
        for _ in range(max(1, reads // len(moments))):
            entry = random.choice(entries)
            expected = bisect_left(entries, entry) + 1
            rank = await world.rank(entry[2], moment)
            if rank != expected:
                raise AssertionError(f"player {entry[2]} had rank {expected} at {moment}, not {rank}")
    return len(moments) * max(1, reads // len(moments))


async def _sizes(pool: Pool, when: str) -> dict[str, float]:
    results: dict[str, float] = {}
    for table in ("past_standings", "moment_checkpoints"):
        [row] = await pool.fetch("select pg_total_relation_size($1::text::regclass) as size", table)
        results[f"{table} at {when}, MB"] = row["size"] / _MEGABYTE
    return results


if __name__ == "__main__":
    typer.run(main)
