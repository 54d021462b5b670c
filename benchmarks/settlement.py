"""Time of a league's settlement, on the embedded PostgreSQL or, with --dsn, on any server or Citus cluster.

    python -m benchmarks.settlement --out docs/performance/results/settlement.json

All participants have scores and are in the same division, whose groups have 30 seats. One process settles the week,
grants the awards and then verifies all results. With --dsn, the database must be new.
"""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.bench import cpu_seconds
from benchmarks.report import about, write
from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.postgres.awards import PostgresAwards
from leaderforge.adapters.postgres.bulk import copy_chunk
from leaderforge.adapters.postgres.entrants import PostgresTournaments
from leaderforge.adapters.postgres.league_store import PostgresLeagueStore
from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.adapters.postgres.period_store import PostgresPeriodStore
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.adapters.postgres.settlement_store import PostgresSettlementStore
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.cli.synthetic import chunks
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.league import League, Zone
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.reward_tables import reward_table_of
from leaderforge.embedded import PostgresServer
from leaderforge.ports.settlement import SettlementPart
from leaderforge.services.award_settlement import AwardPart
from leaderforge.services.league_settlement import LeagueMovements
from leaderforge.services.leagues import SeatService
from leaderforge.services.settlement import SettlementService

MONDAY = 1_795_392_000_000
"""2026-11-23T00:00:00Z, in ms."""
WEEK_MS = 7 * 86_400_000
T = TypeVar("T")
REWARDS = (
    {"reward": "podium", "last_rank": 3, "payload": {}},
    {"reward": "promoted", "league": {"movement": "promoted"}, "payload": {}},
)


def main(
    participants: Annotated[int, typer.Option(help="Players with a score in the week.")] = 1_000_000,
    dsn: Annotated[str | None, typer.Option(help="A new database to measure on.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure the settlement of a league on this machine."""
    before = os.getloadavg()
    if dsn:
        results = asyncio.run(measure(dsn, participants))
    else:
        with tempfile.TemporaryDirectory() as directory, PostgresServer(Path(directory)) as server:
            results = asyncio.run(measure(server.dsn, participants))
    table = Table("what", "")
    for name, value in results.items():
        table.add_row(name, f"{value:,.1f}" if isinstance(value, float) else str(value))
    Console().print(table)
    loads = [round(before[0], 1), round(os.getloadavg()[0], 1)]
    write({**about("benchmarks.settlement"), "participants": participants, "loads": loads, "results": results}, out)


async def measure(dsn: str, participants: int) -> dict[str, Any]:
    """Return the durations of seating, settlement and verification, and the numbers of results."""
    await migrate(dsn)
    pool = Pool(dsn, timeout_s=120)
    scores = PostgresScoreStore(pool, record_timeout_s=120)
    ladder = (await scores.create_board(_board())).ladders_at(MONDAY)[0]
    await load(pool, ladder, participants)
    now = MONDAY
    stores = PostgresPeriodStore(pool, Periods(pool)), PostgresSettlementStore(pool)
    leagues = PostgresLeagueStore(pool)
    seats = SeatService(scores, *stores, leagues, MemoryIndex(1), lambda: now, grace_ms=0)
    parts: Sequence[SettlementPart] = [
        LeagueMovements(leagues, seats, lambda: now),
        AwardPart(scores, PostgresAwards(pool), leagues, PostgresTournaments(pool), lambda: now),
    ]
    service = SettlementService(scores, *stores, parts, MemoryIndex(1), lambda: now, Fanout([]), grace_ms=0)
    results: dict[str, Any] = {}
    await timed("seats given", seats.search(), results)
    now = MONDAY + WEEK_MS + 60_000
    assert await timed("week settled", service.run(), results) == 1
    results["faults"] = len(await timed("week verified", service.faults(), results))
    for table in ("league_members", "league_results", "awards"):
        [[results[table]]] = await pool.fetch(f"select count(*) from {table}")  # noqa: S608
    await pool.close()
    return results


def _board() -> Board:
    divisions = ("Diamond", "Gold", "Silver", "Bronze", "Iron")
    zone = Zone(places=5)
    league = League(PeriodKind.WEEKLY, divisions, 30, "Iron", since=MONDAY, promotion=zone, relegation=zone)
    table = reward_table_of({"period": "weekly", "rewards": list(REWARDS)}, MONDAY)
    return Board(0, "league", "League", calendar=Calendar((PeriodKind.WEEKLY,)), league=league, rewards=table)


async def load(pool: Pool, ladder: Ladder, participants: int) -> None:
    """Store players with one score each in the week."""
    await Periods(pool).open([ladder])
    for plan in track(list(chunks(participants, participants, 1, MONDAY)), "Loading"):
        chunk = plan.make()
        users = [Player(user_id, name, None, MONDAY) for user_id, name in chunk.names.items()]
        events = [(user, UUID(int=number), score, MONDAY, None) for user, number, score, _ in chunk.sessions]
        await copy_chunk(pool, ladder, users, events, chunk.standings, MONDAY)


async def timed(name: str, work: Awaitable[T], results: dict[str, Any]) -> T:
    """Return the result of the work. Store the duration of the work, and the processor time of this process and its
    children.
    """
    before, started = _processor_s(), perf_counter()
    result = await work
    results[f"{name}, s"] = round(perf_counter() - started, 1)
    results[f"{name}, s of processor time"] = round(_processor_s() - before, 1)
    return result


def _processor_s() -> float:
    return process_time() + sum(cpu_seconds(os.getpid()).values())


if __name__ == "__main__":
    typer.run(main)
