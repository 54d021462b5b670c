"""Replacement of stored submissions. The player's standings are as if the first content had never been stored."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from leaderforge.domain.audit import AuditEntry, AuditFilter
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Policy
from leaderforge.domain.errors import Conflict, PlayerNotFound, ScoreOutOfRange, SubmissionConflict, SubmissionNotFound
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.standings import Event, LadderStanding, Standing
from leaderforge.domain.submissions import Recorded, Submission
from tests.contract.store_fixtures import Stores, numbers

NOON = 1_795_435_200_000
"""2026-11-23T12:00:00Z, a Monday."""
DAY = 86_400_000
DAILY = Calendar((PeriodKind.ALL_TIME, PeriodKind.DAILY))


def event(score: int, at: int = NOON, user_id: int = 1) -> Event:
    return Event(user_id, UUID(int=next(numbers)), score, at)


def submission(board: Board, counted: Event) -> Submission:
    return Submission(board.ladders_at(counted.achieved_at), counted)


async def record(stores: Stores, board: Board, *events: Event) -> None:
    outcomes = await stores.scores.record([submission(board, e) for e in events])
    assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes


async def replace(
    stores: Stores, replacement: Submission, *, in_past: bool = False, now: int = NOON
) -> Sequence[LadderStanding]:
    act = AuditEntry(now, "cli", "submission.replace", replacement.board.slug, replacement.event.user_id, "corrected")
    return await stores.moderation.replace_submission(replacement, act, in_past=in_past)


async def standings(stores: Stores, board: Board, *times: int) -> dict[int, Standing | None]:
    """Return player 1's standing, without revision, by period of these times (ms), None without a standing."""
    ladders = {ladder.period: ladder for time in times for ladder in board.ladders_at(time)}
    found = {period: list(await stores.scores.standings(ladder, [1])) for period, ladder in ladders.items()}
    return {p: s[0]._replace(revision=0) if s and not s[0].removed else None for p, s in found.items()}


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("position", [0, 1, 2])
async def test_the_new_content_counts_in_place_of_the_stored_one(stores: Stores, policy: Policy, position: int) -> None:
    board, alike = [await stores.board(policy=policy, calendar=DAILY) for _ in range(2)]
    await stores.players(1)
    events = [event(score, NOON + at) for at, score in ((0, 300), (7, -9), (9, 950))]
    await record(stores, board, *events)
    events[position] = events[position]._replace(score=400, achieved_at=NOON + 8, metadata='{"a": 1}')
    changed = await replace(stores, submission(board, events[position]))
    await record(stores, alike, *events)
    assert await standings(stores, board, NOON) == await standings(stores, alike, NOON)
    assert {ladder.period for ladder, _ in changed} == {ladder.period for ladder in board.ladders_at(NOON)}
    # The new content is stored, and therefore its repetition is a duplicate.
    [outcome] = await stores.scores.record([submission(board, events[position])])
    assert isinstance(outcome, Recorded)
    assert outcome.duplicate


async def test_a_score_replaces_a_change_and_later_changes_keep_their_scores(stores: Stores) -> None:
    board = await stores.board(policy=Policy.LATEST, calendar=DAILY)
    await stores.players(1)
    change, later = event(5)._replace(change=5, received_us=1), event(2)._replace(change=2, received_us=2)
    await record(stores, board, change, later)
    replacement = change._replace(score=9, change=None)
    await replace(stores, submission(board, replacement))
    assert {s.score for s in (await standings(stores, board, NOON)).values() if s} == {7}
    again = await stores.scores.record([submission(board, e) for e in (replacement, later, change)])
    assert [isinstance(outcome, Recorded) and outcome.duplicate for outcome in again] == [True, True, False]
    assert isinstance(again[2], SubmissionConflict)


@pytest.mark.parametrize("in_past", [False, True])
async def test_a_period_that_is_over_changes_only_on_request(stores: Stores, in_past: bool) -> None:
    board = await stores.board(policy=Policy.SUM, calendar=DAILY)
    await stores.players(1)
    wrong, other = event(5, NOON), event(1, NOON)
    await record(stores, board, wrong, other)
    corrected = wrong._replace(score=7, achieved_at=NOON + DAY)
    await replace(stores, submission(board, corrected), in_past=in_past, now=NOON + 2 * DAY)
    scores = {p: s.score if s else None for p, s in (await standings(stores, board, NOON, NOON + DAY)).items()}
    all_time, first, second = (ladder.period for ladder in (*board.ladders_at(NOON), board.ladders_at(NOON + DAY)[1]))
    assert scores == {all_time: 8, first: 1 if in_past else 6, second: 7}


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("others", [(), (1,)])
async def test_late_content_counts_in_place_of_the_stored_one_in_a_period_that_is_over(
    stores: Stores, policy: Policy, others: Sequence[int]
) -> None:
    """In the grace of a period that is over, the submission counts in the period."""
    board, alike = [await stores.board(policy=policy, calendar=DAILY) for _ in range(2)]
    await stores.players(1)
    wrong, *further = (event(score) for score in (50, *others))
    await record(stores, board, wrong, *further)
    corrected = wrong._replace(score=7)
    changed = await replace(stores, submission(board, corrected), now=NOON + DAY)
    await record(stores, alike, corrected, *further)
    assert await standings(stores, board, NOON) == await standings(stores, alike, NOON)
    assert {ladder.period for ladder, _ in changed} == {ladder.period for ladder in board.ladders_at(NOON)}


@pytest.mark.parametrize("policy", Policy)
async def test_late_submissions_stay_outside_of_past_periods(stores: Stores, policy: Policy) -> None:
    board, alike = [await stores.board(policy=policy, calendar=DAILY) for _ in range(2)]
    await stores.players(1)
    wrong, other, late = event(50), event(40, NOON + 1), event(60, NOON + 2)

    async def record_all(board: Board, *in_time: Event) -> None:
        await record(stores, board, *in_time)
        await stores.scores.record([Submission([Ladder(board)], late)])

    await record_all(board, wrong, other)
    for score in (7, 8):
        wrong, other = wrong._replace(score=score), other._replace(score=score + 1)
        for corrected in (wrong, other):
            await replace(stores, submission(board, corrected), in_past=True, now=NOON + 2 * DAY)
    await record_all(alike, wrong, other)
    assert await standings(stores, board, NOON) == await standings(stores, alike, NOON)


async def set_score(stores: Stores, board: Board, at: int) -> None:
    act = AuditEntry(at, "key:ops", "entry.set", board.slug, 1)
    await stores.moderation.set_score(submission(board, event(1000, at)), act)


async def test_submissions_that_were_replaced_after_a_period_still_count_there(stores: Stores) -> None:
    board = await stores.board(policy=Policy.SUM, calendar=DAILY)
    await stores.players(1)
    await record(stores, board, event(50), event(5))
    await set_score(stores, board, NOON + DAY)
    added = event(3)
    await record(stores, board, added)
    await replace(stores, submission(board, added._replace(score=4)), in_past=True, now=NOON + 2 * DAY)
    scores = [s and (s.score, s.submissions) for s in (await standings(stores, board, NOON)).values()]
    assert scores == [(1004, 2), (59, 3)]


async def test_nothing_changes_if_a_past_standing_cannot_be_computed(stores: Stores) -> None:
    board = await stores.board(policy=Policy.SUM, calendar=DAILY)
    await stores.players(1)
    await record(stores, board, event(50))
    act = AuditEntry(NOON + DAY, "key:ops", "entry.remove", board.slug, 1, "cheating")
    await stores.moderation.remove(board, 1, act)
    added = event(3)
    await record(stores, board, added)
    before = await standings(stores, board, NOON)
    with pytest.raises(Conflict, match="also counts submissions that were removed"):
        await replace(stores, submission(board, added._replace(score=4)), in_past=True, now=NOON + 2 * DAY)
    assert await standings(stores, board, NOON) == before
    [outcome] = await stores.scores.record([submission(board, added)])
    assert isinstance(outcome, Recorded)
    assert outcome.duplicate


async def test_a_standing_of_this_event_alone_moves(stores: Stores) -> None:
    board = await stores.board(policy=Policy.BEST, calendar=DAILY)
    await stores.players(1)
    only = event(5, NOON)
    await record(stores, board, only)
    await replace(stores, submission(board, only._replace(achieved_at=NOON - DAY)), in_past=True)
    first, second = (board.ladders_at(time)[1] for time in (NOON, NOON - DAY))
    assert await stores.scores.rows(first, [1]) == {}
    assert list(await stores.scores.rows(second, [1])) == [1]


async def test_a_hidden_player_stays_hidden(stores: Stores) -> None:
    ladder = await stores.ladder()
    await stores.players(1)
    only = event(5)
    await record(stores, ladder.board, only)
    await stores.moderation.set_player_hidden(1, True, AuditEntry(NOON, "cli", "player.hide"))
    await replace(stores, Submission([Ladder(ladder.board)], only._replace(score=6)))
    [standing] = await stores.scores.standings(ladder, [1])
    assert (standing.score, bool(standing.hidden)) == (6, True)


async def test_nothing_changes_if_it_cannot_be_replaced(stores: Stores) -> None:
    board = await stores.board(policy=Policy.SUM)
    await stores.players(1)
    large, small = event(MAX_INTEGER), event(-5)
    await record(stores, board, small, large)
    before = await standings(stores, board, NOON)
    with pytest.raises(ScoreOutOfRange):
        await replace(stores, submission(board, small._replace(score=5)))
    with pytest.raises(SubmissionNotFound):
        await replace(stores, submission(board, event(3)))
    with pytest.raises(PlayerNotFound):
        await replace(stores, submission(board, event(3, user_id=2)))
    assert await standings(stores, board, NOON) == before
    [outcome] = await stores.scores.record([submission(board, small)])
    assert isinstance(outcome, Recorded)
    assert outcome.duplicate


@pytest.mark.parametrize("score_type", ScoreType)
async def test_a_sum_is_replaced_although_the_sum_of_the_other_events_is_beyond_the_range(
    stores: Stores, score_type: ScoreType
) -> None:
    board = await stores.board(policy=Policy.SUM, calendar=DAILY, score_type=score_type)
    await stores.players(1)
    # The sum of the other two events exceeds the greatest score by 5.
    replaced, *others = event(-5), event(score_type.greatest), event(5)
    await record(stores, board, others[0], replaced, others[1])
    corrected = replaced._replace(score=-6)
    changed = await replace(stores, submission(board, corrected))
    expected = {ladder.period: score_type.greatest - 1 for ladder in board.ladders_at(NOON)}
    assert {ladder.period: standing.score for ladder, standing in changed} == expected
    stored = await standings(stores, board, NOON)
    assert {period: s and (s.score, s.submissions) for period, s in stored.items()} == {
        period: (score, 3) for period, score in expected.items()
    }
    with pytest.raises(ScoreOutOfRange):
        await replace(stores, submission(board, corrected._replace(score=-4)))
    # On the day of the replaced event, the sum of the other events would remain.
    with pytest.raises(ScoreOutOfRange):
        await replace(stores, submission(board, corrected._replace(achieved_at=NOON - DAY)), in_past=True)
    assert await standings(stores, board, NOON) == stored


async def test_what_a_moderator_has_removed_stays_removed(stores: Stores) -> None:
    board = await stores.board(policy=Policy.SUM, calendar=DAILY)
    await stores.players(1)
    first, second = event(5), event(6)
    await record(stores, board, first, second)
    act = AuditEntry(NOON, "key:ops", "submission.remove", board.slug, 1, "cheating")
    await stores.moderation.set_submission_removed(board, 1, first.submission_id, True, act)
    with pytest.raises(Conflict, match="a moderator has removed the submission"):
        await replace(stores, submission(board, first._replace(score=7)))
    await stores.moderation.remove_from(board.ladders_at(NOON)[1], 1, act)
    with pytest.raises(Conflict, match="a moderator has removed the submission"):
        await replace(stores, submission(board, second._replace(score=7)))


async def test_it_is_audited_and_touches_the_player(stores: Stores) -> None:
    board = await stores.board()
    await stores.players(1)
    only = event(5)
    await record(stores, board, only)
    await replace(stores, submission(board, only._replace(score=6)))
    [logged] = await stores.audit.entries(AuditFilter(user_id=1, action="submission.replace"), 9)
    assert (logged.entry.actor, logged.entry.reason) == ("cli", "corrected")
    assert 1 in await stores.scores.touched_between(0, 2**60)
