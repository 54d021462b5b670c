"""Long scores in the stores: exact to the digit in every read, and sums that are refused beyond 64 bits."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from leaderforge.adapters.memory.awards import MemoryAwards
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.memory.settlement_store import MemorySettlementStore
from leaderforge.adapters.postgres.awards import PostgresAwards
from leaderforge.domain.acceptance import accept
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.errors import LeaderForgeError, ScoreOutOfRange
from leaderforge.domain.feeding import with_feeds
from leaderforge.domain.feeds import Feed
from leaderforge.domain.order import FIRST, LAST, place, score_bound
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.rewards import AwardCursor, ranked_players
from leaderforge.domain.score_types import MAX_LONG, LongScore, ScoreType
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.awards import AwardStore
from tests.contract.store_fixtures import Database, Stores, history_store, numbers, submit
from tests.contract.test_challenges import challenge_on, scores

NOON = 1_795_435_200_000
DAY_MS = 86_400_000
SCORES = (2**53 + 1, 2**53, MAX_LONG, -MAX_LONG, MAX_LONG - 1, -(2**53) - 1, 0, MAX_INTEGER)
PLAYERS = range(1, len(SCORES) + 1)
DAILY = Calendar((PeriodKind.ALL_TIME, PeriodKind.DAILY))


def awards(stores: Stores) -> AwardStore:
    if isinstance(stores, Database):
        return PostgresAwards(stores.pool)
    assert isinstance(stores.scores, MemoryScoreStore)
    return MemoryAwards(stores.scores, MemorySettlementStore(stores.scores.outbox), stores.audit)


async def long_board(stores: Stores, policy: Policy = Policy.SUM, **settings: Any) -> Board:
    return await stores.board(policy=policy, score_type=ScoreType.INT64, **settings)


async def record(stores: Stores, *submissions: Submission) -> Sequence[Recorded]:
    outcomes = await stores.scores.record(submissions)
    assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes
    return [outcome for outcome in outcomes if isinstance(outcome, Recorded)]


async def refused(stores: Stores, *submissions: Submission) -> list[bool]:
    """Record the submissions. Return for each whether it was refused because a sum would leave the range."""
    outcomes = await stores.scores.record(submissions)
    assert all(isinstance(outcome, Recorded | ScoreOutOfRange) for outcome in outcomes), outcomes
    return [isinstance(outcome, ScoreOutOfRange) for outcome in outcomes]


async def state(stores: Stores, board: Board, *user_ids: int) -> object:
    """Return all that a store has about players on a board: standings with revisions, and events."""
    standings = [s for ladder in board.ladders_at(NOON) for s in await stores.scores.standings(ladder, user_ids)]
    events = [await history_store(stores).points(board, user_id, 100) for user_id in user_ids]
    return sorted(standings), events


def at_noon(board: Board, user_id: int, score: int, *, at: int = 0) -> Submission:
    """Return a submission in all periods of the board at noon."""
    event = submit(Ladder(board), user_id, score, at=NOON + at).event
    return Submission(board.ladders_at(NOON), event)


@pytest.mark.parametrize(
    ("policy", "order", "style"),
    [
        (Policy.SUM, Order.ASC, RankStyle.SHARED),
        (Policy.BEST, Order.DESC, RankStyle.SHARED),
        (Policy.LATEST, Order.DESC, RankStyle.ORDINAL),
    ],
)
async def test_every_read_has_every_digit(stores: Stores, policy: Policy, order: Order, style: RankStyle) -> None:
    ladder = Ladder(await long_board(stores, policy, order=order, rank_style=style))
    await stores.players(*PLAYERS)
    submissions = [submit(ladder, i, score, at=i) for i, score in zip(PLAYERS, SCORES, strict=True)]
    outcomes = [*await record(stores, *submissions[:4]), *await record(stores, submissions[4])]
    outcomes += await record(stores, *submissions[5:])
    assert [outcome.standing.score for outcome in outcomes] == list(SCORES)
    best = sorted(SCORES, reverse=order is Order.DESC)
    window = await stores.scores.window(ladder, LAST, before=20, after=0)
    assert [place(ladder.board, row.key).score for row in window.before] == best
    for rank, score in enumerate(best, 1):
        key = await stores.scores.key_at(ladder, rank)
        assert key is not None
        assert place(ladder.board, key).score == score
    counts = await stores.scores.counts(ladder, [FIRST, *(score_bound(ladder.board, score) for score in best), LAST])
    assert list(counts.above) == [0, *range(len(best)), len(best)]
    rows = await awards(stores).entries_after(ladder, b"", 5)
    players, cursor = ranked_players(ladder.board, AwardCursor(), rows)
    further, _ = ranked_players(ladder.board, cursor, await awards(stores).entries_after(ladder, cursor.after, 5))
    assert [(player.rank, player.score) for player in (*players, *further)] == list(enumerate(best, 1))
    for user_id, score in zip(PLAYERS, SCORES, strict=True):
        [point] = await history_store(stores).points(ladder.board, user_id, 5)
        assert (point.submitted, point.score) == (score, score)


@pytest.mark.parametrize("policy", Policy)
async def test_a_challenge_has_every_digit(stores: Stores, policy: Policy) -> None:
    board = await long_board(stores, policy, order=Order.ASC)
    await stores.players(1, 2)
    await record(stores, submit(Ladder(board), 1, MAX_LONG - 1, at=5), submit(Ladder(board), 2, -MAX_LONG, at=5))
    await record(stores, submit(Ladder(board), 1, 1, at=6))
    challenge = challenge_on(board)._replace(late_until=2**62)
    first = {Policy.SUM: MAX_LONG, Policy.BEST: 1, Policy.LATEST: 1}[policy]
    assert await scores(stores, board, challenge, 1, 2) == {1: first, 2: -MAX_LONG}


async def test_a_repeat_that_differs_in_the_last_digit_is_a_conflict(stores: Stores) -> None:
    ladder = Ladder(await long_board(stores, Policy.BEST))
    await stores.players(1)
    await record(stores, submit(ladder, 1, MAX_LONG, id=7))
    [outcome] = await stores.scores.record([submit(ladder, 1, MAX_LONG - 1, id=7)])
    assert isinstance(outcome, LeaderForgeError)
    assert str(MAX_LONG) in outcome.message
    assert str(MAX_LONG - 1) in outcome.message


@pytest.mark.parametrize("order", Order)
async def test_a_sum_is_exact_up_to_the_greatest_score(stores: Stores, order: Order) -> None:
    ladder = Ladder(await long_board(stores, order=order))
    await stores.players(1)
    totals = 0, 2**53 + 1, MAX_LONG - 1, MAX_LONG, -MAX_LONG + 1, -MAX_LONG
    for before, total in pairwise(totals):
        steps = [(total - before) // 2, (total - before) - (total - before) // 2]
        for step in steps:
            [outcome] = await record(stores, submit(ladder, 1, step))
        assert outcome.standing.score == total
    window = await stores.scores.window(ladder, LAST, before=1, after=0)
    assert [place(ladder.board, row.key).score for row in window.before] == [-MAX_LONG]


@pytest.mark.parametrize(
    ("order", "stored", "added"),
    [
        (Order.DESC, MAX_LONG, 1),
        (Order.ASC, -MAX_LONG, -1),
        (Order.DESC, -MAX_LONG, -1),
        (Order.ASC, MAX_LONG, MAX_LONG),
    ],
)
async def test_a_sum_beyond_the_range_changes_nothing(stores: Stores, order: Order, stored: int, added: int) -> None:
    """The sum -2^63 has 64 bits, but is no long score."""
    board = await long_board(stores, order=order, calendar=DAILY)
    await stores.players(1, 2)
    await record(stores, at_noon(board, 1, stored))
    before = await state(stores, board, 1)
    submission = at_noon(board, 1, added)
    assert await refused(stores, submission) == [True]
    assert await refused(stores, submission, at_noon(board, 2, added)) == [True, False]
    assert await state(stores, board, 1) == before
    # The refused submission left no event: its id is free.
    again = submission._replace(event=submission.event._replace(score=0))
    assert await refused(stores, again) == [False]


async def test_random_sums_equal_sums_of_python(stores: Stores) -> None:
    random, ladder = Random(1), Ladder(await long_board(stores, order=Order.ASC))
    await stores.players(1, 2)
    totals, counts, refusals = {1: 0, 2: 0}, {1: 0, 2: 0}, 0
    for _ in range(60):
        user_id, score = random.choice((1, 2)), random.choice([*SCORES, random.randint(-MAX_LONG, MAX_LONG)])
        is_refused = abs(totals[user_id] + score) > MAX_LONG
        assert await refused(stores, submit(ladder, user_id, score)) == [is_refused]
        totals[user_id] += 0 if is_refused else score
        counts[user_id] += not is_refused
        refusals += is_refused
    standings = await stores.scores.standings(ladder, [1, 2])
    assert {s.user_id: (s.score, s.submissions) for s in standings} == {i: (totals[i], counts[i]) for i in totals}
    assert 5 < refusals < 50


async def test_the_sums_of_a_batch_that_leave_the_range_are_refused_alone(stores: Stores) -> None:
    ladder = Ladder(await long_board(stores))
    await stores.players(1, 2, 3)
    batch = [submit(ladder, user_id, sign * MAX_LONG) for user_id, sign in ((1, 1), (2, -1), (1, 1), (2, -1))]
    outcomes = await refused(stores, submit(ladder, 3, 5), *batch, submit(ladder, 3, MAX_LONG))
    assert outcomes == [False, False, False, True, True, True]
    standings = await stores.scores.standings(ladder, [1, 2, 3])
    expected = {1: (MAX_LONG, 1), 2: (-MAX_LONG, 1), 3: (5, 1)}
    assert {s.user_id: (s.score, s.submissions) for s in standings} == expected


async def test_a_sum_beyond_the_range_of_one_period_counts_in_none(stores: Stores) -> None:
    board = await long_board(stores, calendar=DAILY)
    await stores.players(1)
    yesterday = submit(Ladder(board), 1, -MAX_LONG, at=NOON - 86_400_000)
    await record(stores, yesterday._replace(ladders=board.ladders_at(NOON - 86_400_000)))
    await record(stores, at_noon(board, 1, MAX_LONG))
    before = await state(stores, board, 1)
    assert await refused(stores, at_noon(board, 1, 1)) == [True]
    assert await state(stores, board, 1) == before


async def test_a_sum_beyond_the_range_of_a_target_counts_on_no_board(stores: Stores) -> None:
    gold = await long_board(stores)
    runs = await long_board(stores, Policy.BEST, feeds=(Feed(gold.slug),))
    await stores.players(1, 2)

    def fed(user_id: int, score: int) -> Submission:
        plain = at_noon(runs, user_id, LongScore(score))
        return with_feeds(plain, {gold.slug: gold}, now=NOON, grace_ms=0)

    await record(stores, fed(1, MAX_LONG))
    before = await state(stores, gold, 1), await state(stores, runs, 1)
    [error, other] = await stores.scores.record([fed(1, 1), fed(2, 1)])
    assert isinstance(error, ScoreOutOfRange)
    assert error.details == {"user_id": 1, "board": gold.slug}
    assert isinstance(other, Recorded)
    assert (await state(stores, gold, 1), await state(stores, runs, 1)) == before


async def test_a_removal_that_leaves_a_sum_beyond_the_range_is_refused(stores: Stores) -> None:
    ladder = Ladder(await long_board(stores))
    await stores.players(1)
    await record(stores, submit(ladder, 1, MAX_LONG), submit(ladder, 1, -5, id=7))
    await record(stores, submit(ladder, 1, 5))
    before = await state(stores, ladder.board, 1)
    act = AuditEntry(NOON, "tests", "submission.remove", ladder.board.slug, 1)
    with pytest.raises(ScoreOutOfRange):
        await stores.moderation.set_submission_removed(ladder.board, 1, UUID(int=7), True, act)
    assert await state(stores, ladder.board, 1) == before


@pytest.mark.parametrize("score_type", ScoreType)
async def test_the_sum_of_a_part_of_the_events_is_limited(stores: Stores, score_type: ScoreType) -> None:
    board, greatest = await stores.board(policy=Policy.SUM, score_type=score_type), score_type.greatest
    await stores.players(1)
    for score, at in ((-greatest, 9), (greatest, 5), (greatest, 6)):
        await record(stores, submit(Ladder(board), 1, score, at=at))
    points = await history_store(stores).points(board, 1, 10)
    assert [point.score for point in points] == [greatest, greatest, greatest]
    challenge = challenge_on(board, starts_at=5, ends_at=8)._replace(late_until=2**62)
    assert await scores(stores, board, challenge, 1) == {1: greatest}


@pytest.mark.parametrize("score", [MAX_LONG + 1, -MAX_LONG - 1])
async def test_the_database_has_no_score_beyond_the_range(database: Database, score: int) -> None:
    board = await long_board(database, order=Order.ASC)
    await database.players(1)
    await record(database, submit(Ladder(board), 1, -MAX_LONG))
    with pytest.raises(asyncpg.PostgresError, match=r"out of range|standings_score_range"):
        await database.run(
            f"update standings set score = {score} where user_id = 1 and board_id = {board.id}"  # noqa: S608
        )


async def test_a_backfill_sums_long_scores(stores: Stores) -> None:
    board = await long_board(stores)
    await stores.players(1)
    await record(stores, at_noon(board, 1, MAX_LONG - 1), at_noon(board, 1, 1, at=1))
    daily = replace(board, calendar=DAILY).ladders_at(NOON)[1]
    [standing] = await stores.scores.refold(daily, [1])
    assert standing.score == MAX_LONG


@pytest.mark.parametrize("score_type", ScoreType)
async def test_a_backfill_limits_the_sum_of_a_period(stores: Stores, score_type: ScoreType) -> None:
    board, greatest = await stores.board(policy=Policy.SUM, score_type=score_type), score_type.greatest
    await stores.players(1)
    for score, at in ((-greatest, NOON - DAY_MS), (greatest, NOON), (greatest, NOON + 1)):
        await record(stores, submit(Ladder(board), 1, score, at=at))
    daily = replace(board, calendar=DAILY).ladders_at(NOON)[1]
    [standing] = await stores.scores.refold(daily, [1])
    assert standing.score == greatest


def test_a_score_is_accepted_in_the_type_of_its_board() -> None:
    board = Board(1, "gold", "Gold", policy=Policy.SUM, score_type=ScoreType.INT64)
    ids = {"user_id": 1, "submission_id": UUID(int=next(numbers)), "subscore": None, "metadata": None}
    times = {"requested_at": NOON, "received_us": NOON * 1000, "now": NOON, "grace_ms": 0}
    assert type(accept(board, score=MAX_LONG, **ids, **times).event.score) is LongScore  # type: ignore[arg-type]
