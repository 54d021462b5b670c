"""Previous standings of submissions, on every store."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Policy, ScoreLimits
from leaderforge.domain.errors import PlayerNotFound, RuleViolated, ScoreOutOfRange
from leaderforge.domain.order import Place
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.standings import HIDDEN_PLAYER, EarlierPlace, Event
from leaderforge.domain.submissions import Recorded, Submission
from tests.contract.store_fixtures import Stores, opened, submit
from tests.contract.test_score_store import PLAYERS, all_standings, on_boards_of_their_own, parts
from tests.oracle import Oracle
from tests.strategies import on_board, orders, tied_events

DAY = 86_400_000
CALENDAR = Calendar((PeriodKind.DAILY, PeriodKind.ALL_TIME))


def expected(board: Board, earlier: Sequence[Event], user_id: int) -> EarlierPlace | None:
    """Return the player's standing after these events, as the oracle computes it. None without a standing."""
    line = next((line for line in Oracle(board, earlier).lines if line.user_id == user_id), None)
    place = line and Place(line.score, line.achieved_at, user_id, line.subscore or 0)
    return None if line is None or place is None else EarlierPlace(*place, line.submissions)


async def previous(stores: Stores, *submissions: Submission) -> list[list[EarlierPlace | None]]:
    """Record submissions. Return, for each, the previous standing on each of its ladders, None without a standing."""
    outcomes = await stores.scores.record(submissions, previous=True)
    assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes
    return [list(outcome.previous) for outcome in outcomes if isinstance(outcome, Recorded)]


@on_boards_of_their_own
@given(
    events=st.lists(tied_events, max_size=30, unique_by=lambda event: event.submission_id),
    cuts=st.lists(st.integers(1, 30), max_size=4),
    policy=st.sampled_from(Policy),
    order=orders,
    subscore_order=st.none() | orders,
)
async def test_they_are_the_fold_of_all_events_before(
    stores: Stores, events: list[Event], cuts: list[int], **rules: Any
) -> None:
    await stores.users.create(PLAYERS)
    board = await stores.board(calendar=CALENDAR, **rules)
    events = [on_board(board, event)._replace(achieved_at=event.achieved_at * DAY // 4) for event in events]
    submissions = [Submission(board.ladders_at(event.achieved_at), event) for event in events]
    results: list[list[EarlierPlace | None]] = []
    for batch in parts(submissions, cuts):
        results += await previous(stores, *batch)
    earlier: dict[int, list[Event]] = defaultdict(list)
    for submission, result in zip(submissions, results, strict=True):
        user_id = submission.event.user_id
        assert result == [expected(board, earlier[ladder.period], user_id) for ladder in submission.ladders]
        for ladder in submission.ladders:
            earlier[ladder.period].append(submission.event)
    for ladder in {ladder for submission in submissions for ladder in submission.ladders}:
        for user_id, standing in (await all_standings(stores.scores, ladder)).items():
            assert standing.earlier == expected(board, earlier[ladder.period], user_id)


async def test_concurrent_submissions_form_one_chain(stores: Stores) -> None:
    """The previous standing is the result of the preceding submission, even if that submission requested none."""
    ladder = await stores.ladder()
    await stores.players(1, 2)
    batches = [[submit(ladder, 1, 1), submit(ladder, 2, 1)] for _ in range(24)]
    results = await asyncio.gather(
        *(stores.scores.record(batch, previous=i % 3 != 0) for i, batch in enumerate(batches))
    )
    for player in range(2):
        before, after = [], []
        for result in results:
            outcome = result[player]
            assert isinstance(outcome, Recorded)
            after.append(outcome.standing.score)
            if outcome.previous:
                [earlier] = outcome.previous
                before.append(0 if earlier is None else earlier.score)
                assert before[-1] == after[-1] - 1
        assert len(before) == 16
        assert sorted(after) == list(range(1, 25))


async def test_concurrent_batches_of_new_players(stores: Stores) -> None:
    """Record concurrent batches, which race to create the standings of the same players on several boards."""
    ladders = [await stores.ladder(), await stores.ladder(Policy.BEST), await stores.ladder()]
    players = range(1, 13)
    await stores.players(*players)
    random = Random(7)
    batches = [
        [submit(random.choice(ladders), random.choice(players), 1, at=random.randint(0, 5)) for _ in range(20)]
        for _ in range(12)
    ]
    results = await asyncio.gather(*(stores.scores.record(b, previous=i % 3 != 0) for i, b in enumerate(batches)))
    for ladder in (ladders[0], ladders[2]):
        for user_id in players:
            scores = []
            for batch, result in zip(batches, results, strict=True):
                for submission, outcome in zip(batch, result, strict=True):
                    assert isinstance(outcome, Recorded), outcome
                    if outcome.previous and submission.ladders == [ladder] and submission.event.user_id == user_id:
                        [earlier] = outcome.previous
                        scores.append(0 if earlier is None else earlier.score)
            # Each submission added 1, so no previous score may occur twice.
            assert len(set(scores)) == len(scores)
            [standing] = await stores.scores.standings(ladder, [user_id]) or [None]
            assert max(scores, default=0) <= (0 if standing is None else standing.score)


async def test_copies_and_refused_submissions_have_none(stores: Stores) -> None:
    ladder = await stores.ladder()
    await stores.players(1, 2)
    once = submit(ladder, 1, 5)
    await stores.scores.record([submit(ladder, 2, MAX_INTEGER)])
    batch = [once, submit(ladder, 2, 1), once, submit(ladder, 404, 1), submit(ladder, 1, 2)]
    first, refused, copy, missing, second = await stores.scores.record(batch, previous=True)
    assert [type(outcome) for outcome in (refused, missing)] == [ScoreOutOfRange, PlayerNotFound]
    assert isinstance(first, Recorded)
    assert isinstance(copy, Recorded)
    assert isinstance(second, Recorded)
    assert [*first.previous, *second.previous] == [None, EarlierPlace(5, 0, 1, 0, 1)]
    assert (copy.duplicate, list(copy.previous)) == (True, [])
    [again] = await stores.scores.record([once], previous=True)
    assert isinstance(again, Recorded)
    assert (again.duplicate, list(again.previous)) == (True, [])


async def test_nothing_is_read_unless_asked(stores: Stores) -> None:
    ladder = await stores.ladder()
    await stores.players(1)
    outcomes = await stores.scores.record([submit(ladder, 1, 5), submit(ladder, 1, 5)])
    assert [outcome.previous for outcome in outcomes if isinstance(outcome, Recorded)] == [(), ()]


async def test_rules_that_depend_on_the_standing_hold(stores: Stores) -> None:
    board = await stores.board(policy=Policy.BEST, limits=ScoreLimits(max_change=5))
    await stores.players(1)
    batch = [submit(Ladder(board), 1, score) for score in (3, 99, 7)]
    first, refused, last = await stores.scores.record(batch, previous=True)
    assert isinstance(refused, RuleViolated)
    assert isinstance(first, Recorded)
    assert isinstance(last, Recorded)
    assert [*first.previous, *last.previous] == [None, EarlierPlace(3, 0, 1, 0, 1)]


async def test_a_removed_standing_is_none(stores: Stores) -> None:
    ladder = await stores.ladder()
    await stores.players(1)
    await previous(stores, submit(ladder, 1, 5))
    await stores.moderation.remove(ladder.board, 1, AuditEntry(1, "cli", "entry.remove"))
    assert await previous(stores, submit(ladder, 1, 2), submit(ladder, 1, 1)) == [
        [None],
        [EarlierPlace(2, 0, 1, 0, 1)],
    ]


async def test_first_standings_of_hidden_players_are_hidden(stores: Stores) -> None:
    ladder = await stores.ladder()
    await stores.players(1)
    await stores.moderation.set_player_hidden(1, True, AuditEntry(1, "cli", "player.hide"))
    [outcome] = await stores.scores.record([submit(ladder, 1, 5)], previous=True)
    assert isinstance(outcome, Recorded)
    assert (outcome.standing.hidden, list(outcome.previous)) == (HIDDEN_PLAYER, [None])
    assert await stores.scores.rows(ladder, [1])
    assert (await stores.scores.counts(ladder, [])).total == 0


@pytest.mark.parametrize("previous", [False, True])
async def test_one_statement_records_a_batch_on_several_periods(postgres_dsn: str, previous: bool) -> None:
    """Record a batch by one statement without `begin` and `commit`, which costs a single round trip."""
    statements: list[str] = []
    async for stores in opened(postgres_dsn, max_size=1):
        board = await stores.board(calendar=CALENDAR)
        await stores.players(1, 2)
        submissions = [submit(Ladder(board), i, 1)._replace(ladders=board.ladders_at(0)) for i in (1, 2, 1, 2)]
        await stores.scores.record(submissions[:2], previous=previous)  # the first batch also stores the period
        async with stores.pool.connection() as connection:
            connection.add_query_logger(lambda query: statements.append(query.query))
        await stores.scores.record(submissions[2:], previous=previous)
    assert statements == [statement("record_previous_sum" if previous else "record_sum")]


async def test_a_player_twice_in_a_batch_needs_one_more_transaction(postgres_dsn: str) -> None:
    """Record two submissions of one player beside submissions of others.

    The additional transaction inserts the events of this player, and locks, reads and writes the standings. One
    statement records the submissions of the other players, as in a batch without repeated players.
    """
    statements: list[str] = []
    async for stores in opened(postgres_dsn, max_size=1):
        ladder = await stores.ladder()
        await stores.players(1, 2, 3)
        await previous(stores, *(submit(ladder, user_id, 1) for user_id in (1, 2, 3)))
        async with stores.pool.connection() as connection:
            connection.add_query_logger(lambda query: statements.append(query.query))
        await previous(stores, *(submit(ladder, user_id, 1) for user_id in (1, 1, 2, 3)))
    assert (statements[0], len(statements), statements[5]) == ("begin", 7, "commit")
