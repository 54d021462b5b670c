"""Removal and restoration of single submissions. The standing results from the remaining submissions."""

import asyncio
import json
from collections.abc import Sequence
from random import Random
from uuid import UUID

import pytest

from leaderforge.domain.audit import AuditEntry, AuditFilter
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order, Policy
from leaderforge.domain.errors import Conflict, PlayerNotFound, ScoreOutOfRange, SubmissionNotFound
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.standings import HIDDEN_ENTRY, Event, LadderStanding, Standing
from leaderforge.domain.submissions import Recorded, Submission
from tests.contract.store_fixtures import Database, Stores, numbers, submit
from tests.oracle import Oracle

NOON = 1_795_435_200_000
"""2026-11-23T12:00:00Z, a Monday."""
DAY = 86_400_000
DAILY = Calendar((PeriodKind.ALL_TIME, PeriodKind.DAILY))


def event(user_id: int, score: int, at: int = NOON, metadata: str | None = None) -> Event:
    return Event(user_id, UUID(int=next(numbers)), score, at, metadata)


async def record(stores: Stores, board: Board, *events: Event) -> None:
    outcomes = await stores.scores.record([Submission(board.ladders_at(e.achieved_at), e) for e in events])
    assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes


async def set_removed(stores: Stores, board: Board, removed: Event, is_removed: bool) -> Sequence[LadderStanding]:
    action = "submission.remove" if is_removed else "submission.restore"
    act = AuditEntry(NOON, "key:ops", action, board.slug, removed.user_id, "cheating")
    return await stores.moderation.set_submission_removed(
        board, removed.user_id, removed.submission_id, is_removed, act
    )


async def standing_of(stores: Stores, ladder: Ladder, user_id: int = 1) -> Standing:
    [standing] = await stores.scores.standings(ladder, [user_id])
    return standing


def content(standing: Standing) -> Standing:
    return standing._replace(revision=0)


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("position", [0, 1, 2])
async def test_the_others_count_as_if_it_had_never_been(stores: Stores, policy: Policy, position: int) -> None:
    board, alike = [await stores.board(policy=policy, calendar=DAILY) for _ in range(2)]
    await stores.players(1)
    events = [event(1, score, NOON + at, json.dumps({"at": at})) for at, score in ((0, 300), (7, -9), (9, 950))]
    await record(stores, board, *events)
    before = [await standing_of(stores, ladder) for ladder in board.ladders_at(NOON)]
    removed = events.pop(position)
    await record(stores, alike, *events)
    changed = await set_removed(stores, board, removed, True)
    assert {ladder for ladder, _ in changed} == set(board.ladders_at(NOON))
    for (ladder, standing), previous in zip(changed, before, strict=True):
        assert standing == await standing_of(stores, ladder)
        assert content(standing) == content(await standing_of(stores, ladder._replace(board=alike)))
        assert standing.revision > previous.revision
    restored = await set_removed(stores, board, removed, False)
    assert [content(standing) for _, standing in restored] == list(map(content, before))


async def test_the_previous_best_has_its_own_time_again(stores: Stores) -> None:
    ladder = await stores.ladder(Policy.BEST)
    await stores.players(81, 82)
    refused = event(81, 950, NOON + 600_000)
    await record(stores, ladder.board, event(81, 300, NOON, '{"run": 1}'), event(82, 300, NOON + 300_000), refused)
    await set_removed(stores, ladder.board, refused, True)
    window = await stores.scores.window(ladder, b"", before=0, after=9)
    standing = await standing_of(stores, ladder, 81)
    assert (standing.achieved_at, standing.metadata) == (NOON, '{"run": 1}')
    assert await stores.scores.rows(ladder, [81]) == {81: window.after[0]}


async def test_a_player_without_another_submission_has_no_standing(stores: Stores) -> None:
    ladder = await stores.ladder()
    await stores.players(1)
    only = event(1, 5)
    await record(stores, ladder.board, only)
    before = await standing_of(stores, ladder)
    [(_, removed)] = await set_removed(stores, ladder.board, only, True)
    assert (removed.removed, removed.submissions) == (True, 0)
    assert removed.revision > before.revision
    assert await stores.scores.rows(ladder, [1]) == {}
    new = event(1, 3)
    await record(stores, ladder.board, new)
    assert (await standing_of(stores, ladder)).score == 3
    [(_, restored)] = await set_removed(stores, ladder.board, only, False)
    assert (restored.score, restored.submissions, restored.hidden) == (8, 2, 0)


async def test_only_a_restoration_brings_it_back(stores: Stores) -> None:
    ladder = await stores.ladder()
    await stores.players(1)
    first, second = event(1, 5), event(1, 6)
    await record(stores, ladder.board, first, second)
    await set_removed(stores, ladder.board, second, True)
    for copy in (second, second._replace(score=7)):
        [outcome] = await stores.scores.record([Submission([ladder], copy)])
        assert isinstance(outcome, Conflict)
        assert "removed" in outcome.message
    await set_removed(stores, ladder.board, second, False)
    [outcome] = await stores.scores.record([Submission([ladder], second)])
    assert isinstance(outcome, Recorded)
    assert outcome.duplicate


async def test_to_repeat_an_action_changes_nothing_but_is_logged(stores: Stores) -> None:
    ladder = await stores.ladder()
    await stores.players(1)
    first, second = event(1, 5), event(1, 6)
    await record(stores, ladder.board, first, second)
    for is_removed, score in ((False, 11), (True, 5), (True, 5), (False, 11), (False, 11)):
        await set_removed(stores, ladder.board, second, is_removed)
        assert (await standing_of(stores, ladder)).score == score
    entries = await stores.audit.entries(AuditFilter(board=ladder.board.slug), 9)
    assert [audited.entry.action.rpartition(".")[2] for audited in entries][::-1] == [
        *("restore", "remove", "remove", "restore", "restore")
    ]


async def test_periods_that_are_over_keep_what_they_had(stores: Stores) -> None:
    board = await stores.board(calendar=DAILY)
    await stores.players(1)
    sunday, monday = event(1, 5, NOON - DAY), event(1, 6, NOON)
    await record(stores, board, sunday, monday)
    [(ladder, standing)] = await set_removed(stores, board, sunday, True)
    assert (ladder, standing.score) == (Ladder(board), 6)
    assert (await standing_of(stores, board.ladders_at(NOON - DAY)[1])).score == 5
    [(ladder, standing)] = await set_removed(stores, board, sunday, False)
    assert (ladder, standing.score) == (Ladder(board), 11)
    assert (await standing_of(stores, board.ladders_at(NOON - DAY)[1])).score == 5


async def test_what_was_removed_from_one_period_stays_out_of_it(stores: Stores) -> None:
    board = await stores.board(calendar=DAILY)
    await stores.players(1)
    first, second, third = event(1, 1), event(1, 2), event(1, 4)
    await record(stores, board, first)
    daily = board.ladders_at(NOON)[1]
    await stores.moderation.remove_from(daily, 1, AuditEntry(NOON, "key:ops", "entry.remove"))
    await record(stores, board, second, third)
    await set_removed(stores, board, third, True)
    assert [(await standing_of(stores, ladder)).score for ladder in (Ladder(board), daily)] == [3, 2]
    [(ladder, standing)] = await set_removed(stores, board, first, True)
    assert (ladder, standing.score) == (Ladder(board), 2)
    await set_removed(stores, board, first, False)
    await set_removed(stores, board, second, True)
    assert (await standing_of(stores, Ladder(board))).score == 1
    assert (await standing_of(stores, daily)).removed
    [refolded] = await stores.scores.refold(daily, [1])
    assert refolded.removed


async def test_what_version_0_2_removed_from_one_period_stays_out_of_it(database: Database) -> None:
    board = await database.board(calendar=DAILY)
    await database.players(1)
    database.clock.ms = NOON
    await record(database, board, event(1, 1))
    daily = board.ladders_at(NOON)[1]
    await database.moderation.remove_from(daily, 1, AuditEntry(NOON, "key:ops", "entry.remove"))
    await database.run(f"update score_events set void_in = null where board_id = {board.id}")  # noqa: S608
    database.clock.ms = NOON + 1  # before 0.3, events had only the order of their recording times, in ms
    second, third = event(1, 2), event(1, 4)
    await record(database, board, second, third)
    await set_removed(database, board, third, True)
    assert (await standing_of(database, daily)).score == 2
    await set_removed(database, board, second, True)
    assert (await standing_of(database, daily)).removed


async def test_a_submission_of_a_removed_entry_may_be_restored(stores: Stores) -> None:
    board = await stores.board()
    await stores.players(1)
    first, second = event(1, 5), event(1, 6)
    await record(stores, board, first, second)
    await stores.moderation.remove(board, 1, AuditEntry(NOON, "key:ops", "entry.remove"))
    [(_, standing)] = await set_removed(stores, board, first, False)
    assert (standing.score, standing.submissions, standing.removed) == (5, 1, False)


async def test_a_hidden_entry_stays_hidden(stores: Stores) -> None:
    board = await stores.board()
    await stores.players(1)
    first, second = event(1, 5), event(1, 6)
    await record(stores, board, first, second)
    await stores.moderation.set_entry_hidden(board, 1, True, AuditEntry(NOON, "key:ops", "entry.hide"))
    for removed in (first, second):
        [(_, standing)] = await set_removed(stores, board, removed, True)
        assert standing.hidden & HIDDEN_ENTRY
    [(_, standing)] = await set_removed(stores, board, first, False)
    assert standing.hidden == HIDDEN_ENTRY


async def test_there_must_be_a_player_and_a_submission(stores: Stores) -> None:
    board, other = await stores.board(), await stores.board()
    await stores.players(1, 2)
    own = event(1, 5)
    await record(stores, board, own)
    for where, missing in ((board, event(1, 5)), (board, own._replace(user_id=2)), (other, own)):
        with pytest.raises(SubmissionNotFound):
            await set_removed(stores, where, missing, True)
    with pytest.raises(PlayerNotFound):
        await set_removed(stores, board, own._replace(user_id=3), True)
    assert list(await stores.audit.entries(AuditFilter(board=board.slug), 9)) == []


async def test_a_sum_must_stay_in_its_range(stores: Stores) -> None:
    ladder = await stores.ladder()
    await stores.players(1)
    negative = event(1, -5, NOON)
    await record(stores, ladder.board, event(1, MAX_INTEGER), negative)
    await record(stores, ladder.board, event(1, 3))
    before = await standing_of(stores, ladder)
    with pytest.raises(ScoreOutOfRange):
        await set_removed(stores, ladder.board, negative, True)
    assert await standing_of(stores, ladder) == before
    [outcome] = await stores.scores.record([Submission([ladder], negative)])
    assert isinstance(outcome, Recorded)


@pytest.mark.parametrize("policy", Policy)
async def test_concurrent_submissions_count_before_or_after_as_a_whole(stores: Stores, policy: Policy) -> None:
    board = await stores.board(policy=policy, subscore_order=Order.DESC, calendar=DAILY)
    await stores.players(1, 2, 3)
    random = Random(3)
    events = [
        Event(
            random.randint(1, 3), UUID(int=next(numbers)), random.randint(-5, 5), NOON + random.randint(0, 3), None, 1
        )
        for number in range(60)
    ]
    early, late = events[:30], events[30:]
    await record(stores, board, *early)
    removed, restored = early[:10], early[:5]
    await asyncio.gather(
        *(record(stores, board, late[i], late[i + 1]) for i in range(0, len(late), 2)),
        *(set_removed(stores, board, one, True) for one in removed),
    )
    await asyncio.gather(*(set_removed(stores, board, one, False) for one in restored))
    counting = [one for one in events if one not in removed[5:]]
    for ladder in board.ladders_at(NOON):
        lines = {line.user_id: line for line in Oracle(board, counting).lines}
        for user_id, line in lines.items():
            standing = await standing_of(stores, ladder, user_id)
            assert (standing.score, standing.subscore, standing.achieved_at, standing.submissions) == (
                *(line.score, line.subscore, line.achieved_at, line.submissions),
            )


async def test_it_is_known_to_reconcile_and_to_readers_of_the_history(stores: Stores) -> None:
    ladder = await stores.ladder()
    await stores.players(1)
    stores.clock.ms = NOON
    first, second = submit(ladder, 1, 5).event, submit(ladder, 1, 6).event
    await record(stores, ladder.board, first, second)
    stores.clock.ms = NOON + 9
    await set_removed(stores, ladder.board, second, True)
    assert list(await stores.scores.touched_between(NOON + 9, NOON + 10)) == [1]
    stored = [kept async for chunk in stores.records.events(1) for kept in chunk]
    assert [kept.event for kept in stored if kept.void] == [second]
    assert [kept.event for kept in stored if not kept.void] == [first]
