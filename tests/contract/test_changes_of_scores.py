"""Submissions of changes. Each adds its difference to the player's latest score, and none is lost."""

import asyncio
from random import Random
from uuid import UUID

import pytest

from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order, Policy, ScoreLimits
from leaderforge.domain.errors import (
    LeaderForgeError,
    PlayerNotFound,
    RuleViolated,
    ScoreOutOfRange,
    SubmissionConflict,
)
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.standings import Event, Standing
from leaderforge.domain.submissions import Recorded, Submission
from tests.contract.store_fixtures import Stores, numbers

NOON = 1_795_435_200_000
DAY = 86_400_000
DAILY = Calendar((PeriodKind.ALL_TIME, PeriodKind.DAILY))


def event(score: int, at: int = 0, *, user_id: int = 1) -> Event:
    return Event(user_id, UUID(int=next(numbers)), score, NOON + at, received_us=next(numbers))


def change(difference: int, at: int = 0, *, user_id: int = 1) -> Event:
    return event(difference, at, user_id=user_id)._replace(change=difference)


async def record(stores: Stores, board: Board, *events: Event) -> list[Recorded | LeaderForgeError]:
    submissions = [Submission(board.ladders_at(e.achieved_at), e) for e in events]
    return list(await stores.scores.record(submissions))


async def recorded(stores: Stores, board: Board, *events: Event) -> list[Recorded]:
    outcomes = await record(stores, board, *events)
    assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes
    return [outcome for outcome in outcomes if isinstance(outcome, Recorded)]


async def standing_of(stores: Stores, ladder: Ladder, user_id: int = 1) -> Standing:
    [standing] = await stores.scores.standings(ladder, [user_id])
    return standing


async def scored(stores: Stores, policy: Policy, *scores: int, **settings: object) -> Board:
    """Return a new board on which player 1 has these scores."""
    board = await stores.board(policy=policy, **settings)
    if 1 not in await stores.users.get([1]):
        await stores.players(1)
    await recorded(stores, board, *map(event, scores))
    return board


@pytest.mark.parametrize(
    ("policy", "order", "difference", "score"),
    [
        (Policy.LATEST, Order.DESC, 5, 105),
        (Policy.LATEST, Order.DESC, -30, 70),
        (Policy.LATEST, Order.ASC, -30, 70),
        (Policy.BEST, Order.DESC, 5, 105),
        (Policy.BEST, Order.DESC, -30, 100),
        (Policy.BEST, Order.ASC, -30, 70),
    ],
)
async def test_a_change_counts_on_top(
    stores: Stores, policy: Policy, order: Order, difference: int, score: int
) -> None:
    board = await scored(stores, policy, 100, order=order)
    [outcome] = await recorded(stores, board, change(difference))
    assert (outcome.standing.score, outcome.standing.submissions) == (score, 2)
    assert outcome.improved == (score != 100)


@pytest.mark.parametrize("policy", [Policy.BEST, Policy.LATEST])
async def test_without_a_score_it_counts_from_0(stores: Stores, policy: Policy) -> None:
    board = await scored(stores, policy)
    [outcome] = await recorded(stores, board, change(-7))
    assert outcome.standing.score == -7


async def test_items_of_a_batch_count_one_after_the_other(stores: Stores) -> None:
    board = await scored(stores, Policy.LATEST, 1)
    await stores.players(2)
    events = [change(2), event(50), change(3), change(4, user_id=2), change(5)]
    outcomes = await recorded(stores, board, *events)
    assert (await standing_of(stores, Ladder(board))).score == 58
    assert (await standing_of(stores, Ladder(board), 2)).score == 4
    assert [outcome.duplicate for outcome in outcomes] == [False] * 5


async def test_concurrent_changes_are_all_counted(stores: Stores) -> None:
    board = await scored(stores, Policy.LATEST, 1000)
    random = Random(1)
    differences = [random.randint(-9, 9) for _ in range(24)]
    # The times are not ascending: in production, clocks of processes differ, and queue messages come late.
    events = [change(d, random.randint(-2000, 2000)) for d in differences]
    await asyncio.gather(*(recorded(stores, board, e) for e in events))
    standing = await standing_of(stores, Ladder(board))
    assert (standing.score, standing.submissions) == (1000 + sum(differences), 25)


async def test_no_submission_counts_between_reading_and_changing(stores: Stores) -> None:
    board = await scored(stores, Policy.LATEST)
    for at in range(20):
        score, difference = event(1000 * at, 10 * at), change(1, 10 * at + 1)
        await asyncio.gather(recorded(stores, board, score), recorded(stores, board, difference))
        assert (await standing_of(stores, Ladder(board))).score % 1000 in {0, 1}
        [outcome] = await recorded(stores, board, event(0, 10 * at + 2))
        assert outcome.standing.score == 0


async def test_a_retry_counts_once(stores: Stores) -> None:
    board = await scored(stores, Policy.LATEST, 100)
    first = change(5)
    await recorded(stores, board, first)
    await recorded(stores, board, event(50, 9))
    for copies in ([first], [first, first._replace(achieved_at=NOON + 99, received_us=next(numbers))]):
        outcomes = await recorded(stores, board, *copies)
        assert [(o.duplicate, o.standing.score) for o in outcomes] == [(True, 50)] * len(copies)
    for copy in (change(6)._replace(submission_id=first.submission_id), event(105)):
        [refused] = await record(stores, board, copy._replace(submission_id=first.submission_id))
        assert isinstance(refused, SubmissionConflict)
        assert refused.details["differences"] == {"change": {"stored": 5, "sent": copy.change}}


async def test_the_standing_is_the_fold_of_the_events(stores: Stores) -> None:
    board = await scored(stores, Policy.LATEST, 10, calendar=DAILY)
    for at in (5, -3, -3, DAY, DAY - 9, 8):
        await recorded(stores, board, change(at % 7 + 1, at))
    for ladder in {ladder for at in (0, DAY) for ladder in board.ladders_at(NOON + at)}:
        before = await standing_of(stores, ladder)
        [after] = await stores.scores.refold(ladder, [1])
        assert after._replace(revision=0) == before._replace(revision=0)


async def test_the_first_period_decides(stores: Stores) -> None:
    board = await scored(stores, Policy.LATEST, 10, calendar=Calendar((PeriodKind.DAILY, PeriodKind.ALL_TIME)))
    [outcome] = await recorded(stores, board, change(3, DAY))
    assert [standing.score for standing in outcome.standings] == [3, 3]


async def test_the_rules_of_the_board_hold(stores: Stores) -> None:
    limits = ScoreLimits(min_score=-10, max_score=150, max_change=40)
    board = await scored(stores, Policy.LATEST, 100, limits=limits)
    refusals: list[tuple[int, object]] = [(41, "max_change"), (-41, "max_change")]
    for difference, rule in refusals:
        [refused] = await record(stores, board, change(difference))
        assert isinstance(refused, RuleViolated)
        assert refused.details["rule"] == rule
    [raised] = await recorded(stores, board, change(40))
    assert raised.standing.score == 140
    [refused, kept] = await record(stores, board, change(11), change(10))
    assert isinstance(refused, RuleViolated)
    assert refused.details["rule"] == "max_score"
    assert isinstance(kept, Recorded)
    assert (kept.standing.score, kept.standing.submissions) == (150, 3)


async def test_a_score_out_of_range_counts_nowhere(stores: Stores) -> None:
    board = await scored(stores, Policy.LATEST, MAX_INTEGER)
    beyond = change(1)
    [refused] = await record(stores, board, beyond)
    assert isinstance(refused, ScoreOutOfRange)
    [unknown] = await record(stores, board, change(1, user_id=-77))
    assert isinstance(unknown, PlayerNotFound)
    [less] = await recorded(stores, board, change(-1)._replace(submission_id=beyond.submission_id))
    assert (less.standing.score, less.standing.submissions) == (MAX_INTEGER - 1, 2)
