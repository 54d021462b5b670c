"""Reads at past moments, and their cost, on the embedded PostgreSQL or, with --dsn, on any server or Citus cluster.

    python -m benchmarks.moments --out docs/performance/results/moments.json
    python -m benchmarks.moments --players 50000 --earlier 30 --out docs/performance/results/moments-earlier.json

All players have a score and a country. `--earlier` adds states of each player from before the measured moments. Then
batches of submissions change some of the scores, in turns on a board with past standings and on one without. Meanwhile,
moderators hide, show, remove and set entries and remove submissions, and players move to other countries. Reads take
random players and random moments within the time of these changes. Ranks at random moments, and movements since other
random moments, are compared with a replay of all changes in Python, which shares no code with the product. With --dsn,
the database must be new.
"""

import asyncio
import json
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
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

from benchmarks.moment_questions import Answers, compare, random_questions, replayed
from benchmarks.moment_replay import ACTS, COUNTRIES, Change, Entry
from benchmarks.report import about, write
from leaderforge.adapters.postgres.bulk import copy_chunk
from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.adapters.postgres.moderation import PostgresModeration
from leaderforge.adapters.postgres.moment_store import PostgresMoments
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.cli.synthetic import chunks
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder, Policy
from leaderforge.domain.errors import NotRanked
from leaderforge.domain.moments import Moments
from leaderforge.domain.players import Player
from leaderforge.domain.segments import Segment
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.embedded import PostgresServer

START = 1_795_392_000_000
"""2026-11-23T00:00:00Z, in ms."""
BATCH = 32
PAGE = 50
CHANGES = 1_000
_MEGABYTE = 1_000_000
_EARLIER = """
insert into past_standings (
    user_id, board_id, period_id, revision, ranked, subranked, achieved_at, submissions, hidden, has_metadata, run_id,
    segments
)
select
    user_id, board_id, period_id, revision - number, -(random() * 1000000)::bigint, subranked, achieved_at, submissions,
    hidden, has_metadata, run_id, segments
from past_standings, generate_series(1, $1::integer) as s (number)
"""
"""Statement that adds earlier states with random scores."""


@dataclass
class World:
    """Two boards with the same players: one with past standings, one without.

    `base` has the first entry of each player, `log` all later changes of the board with past standings, in their order.
    `now` (ms) is the present time for the store, which the benchmark advances.
    """

    pool: Pool
    players: int
    earlier: int = 0
    now: int = START
    base: dict[int, Entry] = field(default_factory=dict)
    log: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(1)
        self.store = PostgresScoreStore(self.pool, clock=lambda: self.now * 1000, record_timeout_s=120)
        self.moments = PostgresMoments(self.pool)
        self.users = PostgresPlayerStore(self.pool, clock=lambda: self.now * 1000)
        self.moderation = PostgresModeration(self.pool, Periods(self.pool), clock=lambda: self.now * 1000)

    async def create(self) -> None:
        """Create the boards and store one score of each player on both."""
        moments = Moments(30, START, START, START)
        past = Board(0, "past", "Past", Policy.BEST, segments=("country",), moments=moments)
        self.past = Ladder(await self.store.create_board(past))
        self.plain = Ladder(await self.store.create_board(Board(0, "plain", "Plain", Policy.BEST)))
        for plan in track(list(chunks(self.players, self.players, 1, START)), "Loading"):
            chunk = plan.make()
            users = [Player(user_id, name, None, START) for user_id, name in chunk.names.items()]
            standings = [
                standing._replace(revision=START * 1000, segments=(country_of(standing.user_id),))
                for standing in chunk.standings
            ]
            for ladder, new_users in ((self.past, users), (self.plain, [])):
                events = [(user, UUID(int=number), score, at, None) for user, number, score, at in chunk.sessions]
                await copy_chunk(self.pool, ladder, new_users, events, standings, START)
            self.base |= {s.user_id: (-s.score, s.achieved_at, s.user_id) for s in chunk.standings}
        await self.pool.fetch("update standings set segments = array['C' || user_id % $1::integer]", COUNTRIES)
        await self.pool.fetch(_EARLIER, self.earlier)
        for table in ("standings", "past_standings", "score_events"):
            await self.pool.fetch(f"vacuum analyze {table}")

    async def submit(self, ladder: Ladder) -> float:
        """Submit a batch, and return its duration in s."""
        self.now += 50
        users = self.random.sample(range(1, self.players + 1), BATCH)
        scores = [self.random.randrange(1_000_000) for _ in users]
        numbers = [self.random.getrandbits(128) for _ in users]
        batch = [
            Submission([ladder], Event(user, UUID(int=number), score, self.now))
            for user, score, number in zip(users, scores, numbers, strict=True)
        ]
        started = perf_counter()
        await self.store.record(batch)
        duration = perf_counter() - started
        if ladder is self.past:
            changes = zip(users, numbers, scores, strict=True)
            self.log += [Change(self.now, "score", user, number, score) for user, number, score in changes]
        return duration

    async def moderate(self) -> None:
        """Perform a random act on a submission of the latest batch, or on the entry or country of its player."""
        self.now += 1
        score = self.random.choice(self.log[-BATCH:])
        change = Change(self.now, self.random.choice(ACTS), score.user_id, score.number)
        entry = self.past.board, change.user_id
        act = AuditEntry(self.now, "benchmark", f"entry.{change.act}", self.past.board.slug, change.user_id, "measured")
        with suppress(NotRanked):
            if change.act in {"hide", "show"}:
                await self.moderation.set_entry_hidden(*entry, change.act == "hide", act)
            elif change.act == "void":
                await self.moderation.set_submission_removed(*entry, UUID(int=change.number), True, act)
            elif change.act == "remove":
                await self.moderation.remove(*entry, act)
            elif change.act == "move":
                change = change._replace(number=self.random.randrange(COUNTRIES))
                attributes = json.dumps({"country": f"C{change.number}"})
                await self.users.change(change.user_id, {"attributes": attributes}, act)
            else:
                change = change._replace(number=self.random.getrandbits(128), score=self.random.randrange(1_000_000))
                event = Event(change.user_id, UUID(int=change.number), change.score, self.now)
                await self.moderation.set_score(Submission([self.past], event), act)
            self.log.append(change)

    @property
    def acts(self) -> int:
        """Return the number of acts of moderators."""
        return sum(change.act != "score" for change in self.log)

    async def rank(self, user_id: int, moment: int, country: str | None = None) -> int:
        """Return a player's rank at a moment, on the board or within a country. Without an entry, the rank is 0."""
        ranking, ladder = self.moments.ranking(moment), self.ladder(country)
        rows = await ranking.rows(ladder, [user_id])
        if user_id not in rows:
            return 0
        return 1 + (await ranking.counts(ladder, [rows[user_id].key])).above[0]

    async def page(self, rank: int, moment: int, country: str | None = None) -> Sequence[bytes]:
        """Return the sort keys of a page at a moment, on the board or within a country."""
        window = await self.moments.ranking(moment).window_at(self.ladder(country), rank, PAGE)
        return [row.key for row in window.after]

    def ladder(self, country: str | None) -> Ladder:
        """Return the ladder with past standings, restricted to a country if there is one."""
        return self.past._replace(segment=None if country is None else Segment("country", country))


def country_of(user_id: int) -> str:
    """Return the country of a player."""
    return f"C{user_id % COUNTRIES}"


def main(
    players: Annotated[int, typer.Option(help="Players of each board.")] = 1_000_000,
    batches: Annotated[int, typer.Option(help=f"Batches of {BATCH} submissions to each board.")] = 1_500,
    reads: Annotated[int, typer.Option(help="Reads of each kind.")] = 500,
    compared: Annotated[int, typer.Option(help="Players and moments that are compared with a replay.")] = 1_000,
    earlier: Annotated[int, typer.Option(help="Further states of each player, from before all moments.")] = 0,
    dsn: Annotated[str | None, typer.Option(help="A new database to measure on.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure reads at past moments on this machine."""
    before = os.getloadavg()
    if dsn:
        results = asyncio.run(measure(dsn, (players, earlier), batches, reads, compared))
    else:
        with tempfile.TemporaryDirectory() as directory, PostgresServer(Path(directory)) as server:
            results = asyncio.run(measure(server.dsn, (players, earlier), batches, reads, compared))
    table = Table("what", "")
    for name, value in results.items():
        table.add_row(name, f"{value:,.2f}" if isinstance(value, float) else str(value))
    Console().print(table)
    loads = [round(before[0], 1), round(os.getloadavg()[0], 1)]
    scale = {"players": players, "earlier": earlier, "batches": batches, "reads": reads}
    write({**about("benchmarks.moments"), **scale, "loads": loads, "results": results}, out)


async def measure(dsn: str, scale: tuple[int, int], batches: int, reads: int, compared: int) -> dict[str, Any]:
    """Return the durations of submissions and reads, and the sizes of the tables.

    `scale` has the number of players and of their earlier states.
    """
    await migrate(dsn)
    pool = Pool(dsn, timeout_s=300, stream_timeout_s=300)
    world = World(pool, *scale)
    await world.create()
    results = await _sizes(pool, "base")
    durations: dict[Ladder, list[float]] = {world.past: [], world.plain: []}
    checkpoints: list[float] = []
    for _ in track(range(batches), "Submitting"):
        for ladder, times in durations.items():
            times.append(await world.submit(ladder))
        await world.moderate()
    started = perf_counter()
    while await world.moments.add_checkpoint(world.past, CHANGES, world.now):
        checkpoints.append(perf_counter() - started)
        started = perf_counter()
    past, plain = (median(times) * 1000 for times in durations.values())
    results |= {"batch with past, ms": past, "batch without, ms": plain, "ratio of batches": past / plain}
    results |= {"first checkpoint, s": checkpoints[0], "next checkpoints, s": median(checkpoints[1:] or [0.0])}
    results |= await _sizes(pool, "end")
    results |= await _reads(world, reads)
    results |= {**await _compared(world, compared), "acts of moderators": world.acts}
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
        "rank in a segment": lambda: world.rank(user_id := player(), moment(), country_of(user_id)),
        "page in a segment": lambda: world.page(max(1, player() // COUNTRIES), moment(), country_of(player())),
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


async def _compared(world: World, count: int) -> Mapping[str, int]:
    """Compare ranks at random moments, and since other moments, with a replay. Return the numbers of comparisons.

    Raises `AssertionError` if a rank or movement differs.
    """
    questions = random_questions(count, world.players, world.log, (START, world.now))
    answers = Answers(world.store, world.users, world.moments, world.past, lambda: world.now)
    compared = await compare(answers, replayed(world.base, world.log, questions))
    return {"compared reads": compared, "compared moments": len({question.at for question in questions})}


async def _sizes(pool: Pool, when: str) -> dict[str, float]:
    results: dict[str, float] = {}
    for table in ("past_standings", "moment_checkpoints", "segment_checkpoints"):
        [row] = await pool.fetch("select pg_total_relation_size($1::text::regclass) as size", table)
        results[f"{table} at {when}, MB"] = row["size"] / _MEGABYTE
    return results


if __name__ == "__main__":
    typer.run(main)
