"""The commit limit also bounds the opening of periods, because other transactions can delay an opening."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from leaderforge.adapters.postgres.pool import Pool
from leaderforge.domain import timing
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import StoreUnavailable
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.submissions import Recorded, Submission
from tests.contract.store_fixtures import Database, on_pool, submit
from tests.waiting import PATIENCE_S

LIMIT_MS = 500
ACT = AuditEntry(0, "key:ops", "entry.set_score", None, 1, "Ann")

Count = Callable[[Database, Submission], Awaitable[object]]


async def record(stores: Database, submission: Submission) -> None:
    await stores.scores.record([submission])


async def set_score(stores: Database, submission: Submission) -> None:
    await stores.moderation.set_score(submission, ACT)


@asynccontextmanager
async def opening(database: Database, ladder: Ladder) -> AsyncIterator[None]:
    """Insert the ladder's period in an open transaction, to block all other openings. Roll back at the end."""
    connection = await asyncpg.connect(database.dsn)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(
        "insert into periods (board_id, period_id) values ($1, $2)", ladder.board.id, ladder.period
    )
    try:
        yield
    finally:
        await transaction.rollback()
        await connection.close()


@pytest.mark.parametrize("count", [record, set_score])
async def test_a_period_that_opens_too_late_refuses_its_submission(
    database: Database, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timing, "COMMIT_LIMIT_MS", LIMIT_MS)
    # Raise the time limits of an opening and of a statement: the commit limit must be the one that ends the wait.
    monkeypatch.setattr("leaderforge.adapters.postgres.periods.commit_limit_s", lambda _: 10 * PATIENCE_S)
    board = await database.board(calendar=Calendar((PeriodKind.DAILY,)))
    await database.players(1)
    [ladder] = board.ladders_at(0)
    submission = submit(ladder, 1, 5)
    pool = Pool(database.dsn, timeout_s=10 * PATIENCE_S)
    async with opening(database, ladder), asyncio.timeout(PATIENCE_S):
        with pytest.raises(StoreUnavailable):
            await count(on_pool(pool, database.dsn, record_timeout_s=LIMIT_MS / 1000), submission)
    await pool.close()
    assert list(await database.run("select * from score_events")) == []
    assert list(await database.run("select * from standings")) == []
    [recorded] = await database.scores.record([submission])
    assert isinstance(recorded, Recorded)
    assert (recorded.duplicate, recorded.standing.score) == (False, 5)
