"""Ranges of scores that the database enforces, because processes of earlier versions let the database compute sums."""

from uuid import UUID

import asyncpg
import pytest

from leaderforge.adapters.postgres.errors import Rejected
from leaderforge.domain.boards import MAX_INTEGER, Ladder, Policy
from leaderforge.domain.score_types import MAX_LONG, ScoreType
from tests import old_version
from tests.contract.store_fixtures import Database, submit


@pytest.mark.parametrize("sign", [1, -1])
async def test_0_1_0_stores_no_sum_beyond_the_range(database: Database, sign: int) -> None:
    ladder = await database.ladder()
    await database.players(1)
    connection = await asyncpg.connect(database.dsn)
    try:

        async def upsert(score: int) -> int:
            """Run the statement of 0.1.0 that adds a batch to a sum, and return the sum."""
            row = 1, ladder.board.id, 0, -1, score, 0, 0, UUID(int=1), None, True, 1, 1
            [standing] = await connection.fetch(old_version.statements()["upsert_sum"], *row)
            return int(standing["score"])

        with pytest.raises(asyncpg.CheckViolationError):
            await upsert(sign * 2 * MAX_INTEGER)
        assert await upsert(sign * MAX_INTEGER) == sign * MAX_INTEGER
        with pytest.raises(asyncpg.CheckViolationError):
            await upsert(sign)
        assert await upsert(-sign) == sign * (MAX_INTEGER - 1)
    finally:
        await connection.close()


async def test_events_of_boards_with_numbers_stay_in_their_range(database: Database) -> None:
    ladder = await database.ladder(Policy.BEST)
    await database.players(1)
    with pytest.raises(asyncpg.CheckViolationError):
        await database.run(
            "insert into score_events (user_id, board_id, submission_id, score, achieved_at, recorded_at)"  # noqa: S608
            f" values (1, {ladder.board.id}, '{UUID(int=1)}', {MAX_INTEGER + 1}, 0, 0)"
        )


@pytest.mark.parametrize("score", [MAX_LONG, -MAX_LONG])
async def test_boards_with_long_scores_have_the_whole_range(database: Database, score: int) -> None:
    board = await database.board(policy=Policy.BEST, score_type=ScoreType.INT64)
    await database.players(1)
    await database.scores.record([submit(Ladder(board), 1, score)])
    [standing] = await database.scores.standings(Ladder(board), [1])
    assert standing.score == score


def test_only_a_violated_check_is_a_score_out_of_range() -> None:
    assert Rejected(asyncpg.CheckViolationError.sqlstate).is_out_of_range
    assert not Rejected(asyncpg.NotNullViolationError.sqlstate).for_a_value
