"""Segments that the store keeps with each standing: of new standings, after changes of attributes, and of the past."""

import json
from asyncio import Task, create_task
from dataclasses import replace

import pytest

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder, Policy, ScoreLimits
from leaderforge.domain.moments import Moments
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.standings import Standing
from tests.contract.interrupting import interrupted
from tests.contract.store_fixtures import Database, Stores
from tests.contract.test_changes_of_scores import DAILY, DAY, NOON, event, recorded, standing_of
from tests.waiting import until

PLAYER = 1
LIMITS = pytest.mark.parametrize(
    "limits", [ScoreLimits(), ScoreLimits(min_interval_ms=1)], ids=["one statement", "several statements"]
)
"""Limits of boards. On a plain server, the first board's submissions are written in one statement."""
WAITING = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"


async def change_country(stores: Stores, country: str | None) -> None:
    attributes = None if country is None else json.dumps({"country": country})
    act = AuditEntry(NOON, "cli", "player.change", None, PLAYER)
    await stores.users.change(PLAYER, {"attributes": attributes}, act)


@LIMITS
@pytest.mark.parametrize("moments", [None, Moments(30, 0, 0, 0)], ids=["present", "moments"])
@pytest.mark.parametrize("statement", ["update users", "insert into audit_log"])
async def test_a_change_of_attributes_moves_a_concurrent_first_standing(
    on_postgres: Database, statement: str, moments: Moments | None, limits: ScoreLimits
) -> None:
    board = await on_postgres.board(
        policy=Policy.BEST, calendar=DAILY, segments=("country",), moments=moments, limits=limits
    )
    on_postgres.clock.ms = NOON
    await on_postgres.players(PLAYER)
    await change_country(on_postgres, "FI")
    submitted: list[Task[object]] = []

    async def submit() -> None:
        task = create_task(recorded(on_postgres, board, event(5)))
        submitted.append(task)
        await until(lambda: task.done() or on_postgres.run(WAITING), "the submission to wait or to end")

    async with interrupted(on_postgres) as (stores, pool):
        stores.clock.ms = NOON
        pool.before(statement, submit)
        await change_country(stores, "SE")
    [task] = submitted
    await task
    for ladder in board.ladders_at(NOON):
        [standing] = await on_postgres.scores.standings(ladder, [PLAYER])
        assert standing.segments == ("SE",)


class Days:
    """Player without attributes who submits on a day, and gets the country Finland on the next day."""

    def __init__(self, stores: Stores, board: Board) -> None:
        self.stores = stores
        self.board = board
        self.ever = Ladder(board)
        self.yesterday, self.today = (board.ladders_at(at)[1] for at in (NOON, NOON + DAY))

    async def begin(self) -> Standing:
        """Return the standing of yesterday after the change of the country."""
        self.stores.clock.ms = NOON
        await self.stores.players(PLAYER)
        await recorded(self.stores, self.board, event(5))
        self.stores.clock.ms = NOON + DAY
        await change_country(self.stores, "FI")
        return await standing_of(self.stores, self.yesterday, PLAYER)

    async def country(self, ladder: Ladder) -> str | None:
        """Return the country of the player's standing on a ladder."""
        [country] = (await standing_of(self.stores, ladder, PLAYER)).segments or ()
        return country


@pytest.fixture
async def days(stores: Stores, request: pytest.FixtureRequest) -> Days:
    limits = getattr(request, "param", ScoreLimits())
    return Days(stores, await stores.board(policy=Policy.BEST, calendar=DAILY, segments=("country",), limits=limits))


BOTH_WAYS = pytest.mark.parametrize("days", LIMITS.args[1], ids=LIMITS.kwargs["ids"], indirect=True)


@BOTH_WAYS
async def test_a_submission_leaves_the_segments_of_past_periods(days: Days) -> None:
    before = await days.begin()
    await recorded(days.stores, days.board, event(6, DAY))
    assert await standing_of(days.stores, days.yesterday, PLAYER) == before
    assert before.segments == (None,)
    assert [await days.country(ladder) for ladder in (days.today, days.ever)] == ["FI", "FI"]


@BOTH_WAYS
async def test_a_restored_standing_of_a_past_period_keeps_its_segments(days: Days) -> None:
    await days.begin()
    act = AuditEntry(NOON + DAY, "cli", "entry.remove", days.board.slug, PLAYER)
    await days.stores.moderation.remove_from(days.yesterday, PLAYER, act)
    await recorded(days.stores, days.board, event(6, 1))
    assert (await standing_of(days.stores, days.yesterday, PLAYER)).submissions == 1
    assert await days.country(days.yesterday) is None


@BOTH_WAYS
async def test_a_first_submission_to_a_past_period_has_the_present_segments(days: Days) -> None:
    await days.begin()
    await recorded(days.stores, days.board, event(6, -DAY))
    assert await days.country(days.board.ladders_at(NOON - DAY)[1]) == "FI"
    assert await days.country(days.yesterday) is None


async def test_a_backfill_leaves_the_segments_of_other_periods(days: Days) -> None:
    before = await days.begin()
    kinds = PeriodKind.ALL_TIME, PeriodKind.DAILY, PeriodKind.WEEKLY
    week = replace(days.board, calendar=Calendar(kinds)).ladders_at(NOON)[2]
    for _ in range(2):
        await days.stores.scores.refold(week, [PLAYER])
        assert await days.country(week) == "FI"
    assert await standing_of(days.stores, days.yesterday, PLAYER) == before
    await days.stores.scores.refold(days.yesterday, [PLAYER])
    assert await days.country(days.yesterday) is None


@BOTH_WAYS
async def test_a_player_without_attributes_keeps_the_revisions_if_none_is_added(days: Days) -> None:
    await days.begin()
    await change_country(days.stores, None)
    before = await standing_of(days.stores, days.ever, PLAYER)
    assert before.segments == (None,)
    await days.stores.users.change(PLAYER, {"attributes": "{}"}, AuditEntry(NOON, "cli", "player.change", None, PLAYER))
    assert await standing_of(days.stores, days.ever, PLAYER) == before
