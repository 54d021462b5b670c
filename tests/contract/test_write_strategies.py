"""Two strategies for writing a batch: the choice between them, and their equal results."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import pytest

from leaderforge.adapters.postgres.strategies import BatchWrite, SingleStatementWrite, WriteStrategies, WriteStrategy
from leaderforge.domain.boards import Board, Order, Policy, ScoreLimits
from leaderforge.domain.errors import LeaderForgeError, SubmissionConflict
from leaderforge.domain.periods import ALL_TIME, Calendar, PeriodKind
from leaderforge.domain.standings import Event, Standing
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.clock import Clock
from tests.contract.store_fixtures import Database, submit

DAY_MS = 86_400_000
PLAYERS = range(1, 8)
CALENDAR = Calendar((PeriodKind.DAILY, PeriodKind.ALL_TIME))
LIMIT_S = 30.0


def clock() -> Clock:
    """Return a clock that starts at a fixed time and never returns a time twice."""
    return count(10**15).__next__


@pytest.fixture
def strategies(database: Database) -> WriteStrategies:
    return WriteStrategies(database.pool, database.clock, LIMIT_S)


async def test_a_batch_that_fits_is_one_statement_on_a_plain_server(
    database: Database, strategies: WriteStrategies
) -> None:
    [[distributed]] = await database.run("select to_regclass('pg_dist_node') is not null")
    ladder, other = await database.ladder(), await database.ladder()
    strategy = await strategies.choose([submit(ladder, 1, 1), submit(ladder, 2, 1), submit(other, 1, 1)])
    assert isinstance(strategy, BatchWrite if distributed else SingleStatementWrite)


@pytest.mark.parametrize("reason", ["policies", "player", "judged"])
async def test_a_batch_that_does_not_fit_takes_several_statements(
    database: Database, strategies: WriteStrategies, reason: str
) -> None:
    ladder, best = await database.ladder(Policy.SUM), await database.ladder(Policy.BEST)
    judged = replace(best.board, limits=ScoreLimits(max_change=5))
    second = {
        "policies": submit(best, 2, 1),
        "player": submit(ladder, 1, 1),
        "judged": submit(best._replace(board=judged), 2, 1),
    }
    first = submit(best if reason == "judged" else ladder, 1, 1)
    assert isinstance(await strategies.choose([first, second[reason]]), BatchWrite)


@pytest.mark.parametrize("policy", Policy)
async def test_both_write_the_same(on_postgres: Database, policy: Policy) -> None:
    """Write batches with new, hidden and erased players and with duplicates, to two boards with two period kinds.

    Some players have attributes, and the boards have segments.
    """
    await on_postgres.players(*PLAYERS)
    await on_postgres.run("update users set hidden = true where user_id in (2, 5)")
    await on_postgres.run("""update users set attributes = '{"country": "FI"}' where user_id > 3""")
    await on_postgres.run("insert into touches (user_id, recorded_at, revision) values (3, 1, 10000000000000000)")
    settings: Any = {"order": Order.ASC, "subscore_order": Order.DESC, "calendar": CALENDAR, "segments": ("country",)}
    boards = [await on_postgres.board(policy=policy, **settings) for _ in range(2)]
    pool = on_postgres.pool
    strategies: list[WriteStrategy] = [SingleStatementWrite(pool, clock(), LIMIT_S), BatchWrite(pool, clock(), LIMIT_S)]
    for seed in range(12):
        written = [
            neutral(await strategy.write(batch(board, seed)))
            for strategy, board in zip(strategies, boards, strict=True)
        ]
        assert written[0] == written[1]
        assert written[0]
    rows = [await stored(on_postgres, board) for board in boards]
    assert rows[0] == rows[1]
    events = [await stored_numbers(on_postgres, board) for board in boards]
    assert events[0] == events[1]
    assert all(numbers is None or f'"laps": {user_id},' in numbers for user_id, _, numbers in events[0])
    assert {numbers is None for *_, numbers in events[0]} == {True, False}
    assert {row["hidden"] for row in rows[0]} == {0, 2}
    assert {tuple(row["segments"]) for row in rows[0]} == {("FI",), (None,)}


def batch(board: Board, seed: int) -> Sequence[Submission]:
    """Return submissions that one statement can record. Some repeat submission ids of earlier seeds."""
    random = Random(seed)
    submissions = []
    for user_id in random.sample(PLAYERS, random.randint(1, len(PLAYERS))):
        at = random.randrange(3) * DAY_MS
        submission_id = UUID(int=random.choice([seed + 1, random.randint(1, 12)]))
        metadata = random.choice([None, '{"a": 1}'])
        player_numbers = f'{{"laps": {user_id}, "time_ms": -9007199254740991}}'
        numbers = random.choice([None, player_numbers]) if seed % 2 else None
        event = Event(
            user_id, submission_id, random.randint(-2, 2), at, metadata, random.randint(0, 2), numbers=numbers
        )
        submissions.append(Submission(board.ladders_at(at), event))
    return submissions


def neutral(
    outcomes: Sequence[Recorded | LeaderForgeError],
) -> Sequence[tuple[list[int], Sequence[Standing], bool, bool] | str]:
    """Return the outcomes in a form that does not depend on the board. A conflict becomes its message."""
    assert all(isinstance(outcome, Recorded | SubmissionConflict) for outcome in outcomes)
    return [
        ([ladder.period for ladder in o.ladders], o.standings, o.duplicate, o.improved)
        if isinstance(o, Recorded)
        else o.message
        for o in outcomes
    ]


async def stored_numbers(database: Database, board: Board) -> Sequence[tuple[object, ...]]:
    """Return the player, the id and the named numbers of each event of a board."""
    query = f"select user_id, submission_id, numbers from score_events where board_id = {board.id} order by 1, 2"  # noqa: S608
    return [tuple(row) for row in await database.run(query)]


async def stored(database: Database, board: Board) -> Sequence[dict[str, Any]]:
    """Return all standings of a board as rows, without the column of the board."""
    rows = await database.run(f"select * from standings where board_id = {board.id} order by user_id, period_id")  # noqa: S608
    assert {row["period_id"] for row in rows} > {ALL_TIME}
    return [{name: value for name, value in row.items() if name != "board_id"} for row in rows]
