"""Contract of the activity of boards, over the in-memory and the real adapters."""

import pytest

from leaderforge.adapters.memory.activity import MemoryActivity
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.postgres.activity import PostgresActivity
from leaderforge.domain.activity import (
    LEADERS_A_MINUTE,
    MAX_A_MINUTE,
    MINUTE_MS,
    RETENTION_MS,
    ActivityPoint,
    RecentScore,
)
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder, Order, Policy
from leaderforge.domain.timing import SETTLE_MS
from leaderforge.ports.activity import ActivityStore
from leaderforge.services.activity import STEP_MS_BY_HOURS, ActivityService
from tests.contract.store_fixtures import Database, Stores, numbers, submit

START = 1_795_435_200_000
"""A full hour, in ms."""
PLAYERS = range(101, 108)


class Stage:
    """All stores, with a board of lap times (low scores lead). The test sets the clock of the stores by the minute."""

    def __init__(self, stores: Stores, activity: ActivityStore, board: Board, start: int) -> None:
        self.stores, self.activity, self.board, self.start = stores, activity, board, start
        self.service = ActivityService(activity, stores.scores, None, lambda: self.stores.clock() // 1000)  # type: ignore[arg-type]

    def at(self, minute: int, ms: int = 0) -> None:
        self.stores.clock.ms = self.start + minute * MINUTE_MS + ms

    async def submit(self, *scores: tuple[int, int]) -> list[RecentScore]:
        """Submit scores, each given as player and score. Return them as recent scores."""
        sent = [submit(Ladder(self.board), user_id, score, at=self.stores.clock() // 1000) for user_id, score in scores]
        await self.stores.scores.record(sent)
        return [RecentScore(s.event.user_id, s.event.submission_id, s.event.score, s.event.achieved_at) for s in sent]

    async def fold(self, minute: int) -> int:
        self.at(minute, SETTLE_MS)
        return await self.service.fold()


@pytest.fixture
async def stage(stores: Stores) -> Stage:
    if isinstance(stores, Database):
        activity: ActivityStore = PostgresActivity(stores.pool)
    else:
        assert isinstance(stores.scores, MemoryScoreStore)
        activity = MemoryActivity(stores.scores)
    # Each test needs days that no other test uses, because all boards of a database share the time up to which
    # activity is folded.
    start = START + next(numbers) * 2 * RETENTION_MS
    board = await stores.board(policy=Policy.BEST, order=Order.ASC)
    known = await stores.users.get(PLAYERS)
    await stores.players(*(i for i in PLAYERS if i not in known))
    return Stage(stores, activity, board, start)


async def test_minutes_are_counted_once_when_they_are_complete(stage: Stage) -> None:
    stage.at(0)
    await stage.submit((101, 90), (101, 80), (102, 85))
    stage.at(2, 59_999)
    await stage.submit((103, 70))
    stage.at(2, SETTLE_MS - 1)
    assert await stage.service.fold() == 3  # the minute 2 is not complete yet
    assert await stage.fold(2) == 0
    assert await stage.fold(3) == 1
    assert await stage.fold(3) == 0
    assert await stage.activity.folded_until() == stage.start + 3 * MINUTE_MS
    minutes = [ActivityPoint(stage.start, 3, 2), ActivityPoint(stage.start + 2 * MINUTE_MS, 1, 1)]
    assert list(await stage.activity.points(stage.board, stage.start, MINUTE_MS)) == minutes
    coarse = await stage.activity.points(stage.board, stage.start, 5 * MINUTE_MS)
    assert list(coarse) == [ActivityPoint(stage.start, 4, 2)]


async def test_a_repeated_fold_changes_nothing(stage: Stage) -> None:
    stage.at(0)
    await stage.submit((101, 90), (102, 80))
    await stage.fold(1)
    report = await stage.service.report(stage.board, 1)
    await stage.activity.fold(stage.start, stage.start + MINUTE_MS)
    assert await stage.service.report(stage.board, 1) == report
    assert (len(report.points), sum(point.submissions for point in report.points)) == (60, 2)
    assert report.until == stage.start + MINUTE_MS


async def test_the_best_of_a_minute_and_the_busiest_are_kept(stage: Stage) -> None:
    stage.at(0)
    sent = await stage.submit(*((user_id, user_id) for user_id in PLAYERS))
    busy = await stage.submit(*((107, 200 + i) for i in range(MAX_A_MINUTE)))
    await stage.fold(1)
    leaders = await stage.activity.leaders(stage.board, stage.start, 100)
    best = [score for score in sent if score.user_id in PLAYERS[:LEADERS_A_MINUTE]]
    assert [(s.user_id, s.submission_id, s.submissions) for s in leaders] == [
        *((s.user_id, s.submission_id, 1) for s in best),
        (107, sent[-1].submission_id, len(busy) + 1),
    ]


async def test_newest_scores_and_leaders_leave_out_what_was_removed(stage: Stage) -> None:
    stage.at(0)
    [first] = await stage.submit((101, 90))
    stage.at(0, 1)
    [second] = await stage.submit((102, 10))
    await stage.fold(1)
    assert list(await stage.activity.newest(stage.board, stage.start, 5)) == [second, first]
    assert list(await stage.activity.newest(stage.board, stage.start + 1, 5)) == [second]
    act = AuditEntry(stage.start, "cli", "submission.remove", stage.board.slug, 102, "too fast")
    await stage.stores.moderation.set_submission_removed(stage.board, 102, second.submission_id, True, act)
    assert list(await stage.activity.newest(stage.board, stage.start, 5)) == [first]
    assert list(await stage.activity.leaders(stage.board, stage.start, 5)) == [first]


async def test_an_erased_player_leaves_no_trace(stage: Stage) -> None:
    stage.at(0)
    await stage.submit((101, 90), (102, 80))
    await stage.fold(1)
    await stage.stores.records.erase(101, AuditEntry(stage.start, "cli", "player.erase", None, 101))
    assert [s.user_id for s in await stage.activity.leaders(stage.board, stage.start, 5)] == [102]
    if isinstance(stage.stores, Database):
        assert await stage.stores.run("select * from minute_leaders where user_id = 101") == []


async def test_an_outage_is_caught_up_and_old_minutes_are_forgotten(stage: Stage) -> None:
    for minute in (0, 90, 200):
        stage.at(minute)
        await stage.submit((101, 100 + minute))
        if minute == 0:
            await stage.fold(1)
    assert [await stage.fold(201) for _ in range(5)] == [0, 1, 0, 1, 0]
    points = await stage.activity.points(stage.board, stage.start, 60 * MINUTE_MS)
    assert sum(point.submissions for point in points) == 3
    await stage.activity.forget(stage.start + MINUTE_MS)
    assert len(await stage.activity.points(stage.board, stage.start, MINUTE_MS)) == 2


def test_reports_have_a_bounded_number_of_intervals() -> None:
    assert {hours: hours * 3_600_000 // step for hours, step in STEP_MS_BY_HOURS.items()} == {
        1: 60,
        6: 72,
        24: 96,
        48: 96,
    }
