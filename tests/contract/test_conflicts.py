"""Repeated submission ids: a copy with the same content is a duplicate, a copy with other content is a conflict."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest

from leaderforge.domain.boards import Ladder, Order
from leaderforge.domain.errors import LeaderForgeError, SubmissionConflict
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Recorded, Submission
from tests.contract.store_fixtures import Stores, numbers, submit

AT = 1_000_000
RECEIVED_MS = AT + 500
STORED = {"a": 1, "b": [True, 0.5]}
NUMBERS = '{"coins":-5,"laps":3}'
TEXTS = {"stored": "1970-01-01T00:16:40.000Z", "sent": "1970-01-01T00:16:39.999Z"}

Edit = Callable[[Submission], Submission]


def event(**members: Any) -> Edit:
    """Return an edit: a function that replaces these fields of a submission's event."""
    return lambda submission: submission._replace(event=submission.event._replace(**members))


def requested(time: int) -> Edit:
    """Return an edit: a function that sets the time (ms) that a submission requests."""
    return lambda submission: submission._replace(requested_at=time)


async def first(stores: Stores) -> Submission:
    """Record the first submission of player 1 on a new board, and return it."""
    if not await stores.users.get([1]):
        await stores.players(1)
    ladder = Ladder(await stores.board(subscore_order=Order.DESC))
    stored = Event(1, UUID(int=next(numbers)), 40, AT, json.dumps(STORED), 7, RECEIVED_MS * 1000, None, NUMBERS)
    submission = Submission([ladder], stored, requested_at=AT)
    assert await differences(stores, submission) == {}
    return submission


async def differences(stores: Stores, *submissions: Submission) -> Mapping[str, object]:
    """Record the submissions. Return the differences in the conflict of the last submission, empty without conflict."""
    outcome = (await stores.scores.record(submissions))[-1]
    if isinstance(outcome, Recorded):
        return {}
    assert isinstance(outcome, SubmissionConflict), outcome
    assert outcome.details["submission_id"] == submissions[-1].event.submission_id
    found = outcome.details["differences"]
    assert isinstance(found, dict)
    assert all(name in outcome.message for name in found)
    return found


@pytest.mark.parametrize(
    ("edit", "difference"),
    [
        (event(score=900), {"score": {"stored": 40, "sent": 900}}),
        (event(subscore=0), {"subscore": {"stored": 7, "sent": 0}}),
        (event(metadata=None), {"metadata": {"stored": STORED, "sent": None}}),
        (event(metadata='{"b": [1, 0.5], "a": 1}'), {"metadata": {"stored": STORED, "sent": {"a": 1, "b": [1, 0.5]}}}),
        (event(numbers=None), {"numbers": {"stored": {"coins": -5, "laps": 3}, "sent": None}}),
        (event(numbers='{"laps":3}'), {"numbers": {"stored": {"coins": -5, "laps": 3}, "sent": {"laps": 3}}}),
        (requested(AT - 1), {"achieved_at": TEXTS}),
        (event(score=1, subscore=2), {"score": {"stored": 40, "sent": 1}, "subscore": {"stored": 7, "sent": 2}}),
    ],
)
async def test_other_content_is_a_conflict_and_changes_nothing(
    stores: Stores, edit: Edit, difference: Mapping[str, object]
) -> None:
    submission = await first(stores)
    before = await stores.scores.standings(submission.ladders[0], [1])
    for batch in ([edit(submission)], [submission, edit(submission)]):
        assert await differences(stores, *batch) == difference
    assert await stores.scores.standings(submission.ladders[0], [1]) == before


@pytest.mark.parametrize(
    "edit",
    [
        event(metadata='{"b":[true,5e-1],"a":1.0}'),
        # A retry without a requested time gets the time of its own, later reception, and is a duplicate nevertheless.
        lambda submission: event(achieved_at=AT + 9, received_us=10**12)(submission)._replace(requested_at=None),
        event(achieved_at=AT),
        event(numbers='{"laps": 3, "coins": -5}'),
    ],
)
async def test_equal_content_is_a_duplicate(stores: Stores, edit: Edit) -> None:
    submission = await first(stores)
    [outcome] = await stores.scores.record([edit(submission)])
    assert isinstance(outcome, Recorded)
    assert outcome.duplicate


async def test_a_time_in_the_future_of_the_first_copy_was_clamped(stores: Stores) -> None:
    """The time of the first copy becomes the time of its reception. A copy with a later time, clamped or not, is a
    duplicate.
    """
    submission = await first(stores)
    sent = submit(submission.ladders[0], 1, 5, at=RECEIVED_MS)
    sent = requested(RECEIVED_MS + 3000)(event(received_us=RECEIVED_MS * 1000)(sent))
    assert await differences(stores, sent) == {}
    for at in (RECEIVED_MS + 1000, RECEIVED_MS + 3000):
        assert await differences(stores, event(achieved_at=at)(sent)) == {}
    assert set(await differences(stores, requested(RECEIVED_MS - 1)(sent))) == {"achieved_at"}


async def test_a_time_that_was_not_requested_at_first_may_be_clamped(stores: Stores) -> None:
    submission = await first(stores)
    sent = submit(submission.ladders[0], 1, 5, at=RECEIVED_MS)
    sent = event(received_us=RECEIVED_MS * 1000)(sent)
    assert await differences(stores, sent) == {}
    assert await differences(stores, requested(RECEIVED_MS)(sent)) == {}
    assert set(await differences(stores, requested(RECEIVED_MS - 1)(sent))) == {"achieved_at"}


async def test_an_event_without_a_reception_conflicts_with_earlier_times_only(stores: Stores) -> None:
    submission = await first(stores)
    sent = requested(AT)(submit(submission.ladders[0], 1, 5, at=AT))
    assert await differences(stores, sent) == {}
    assert await differences(stores, requested(AT + 9)(sent)) == {}
    assert set(await differences(stores, requested(AT - 9)(sent))) == {"achieved_at"}


async def test_the_first_of_a_batch_counts(stores: Stores) -> None:
    submission = await first(stores)
    new = submit(submission.ladders[0], 1, 1)
    outcomes = await stores.scores.record([new, event(score=2)(new), new])
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Recorded, SubmissionConflict, Recorded]
    [standing] = await stores.scores.standings(submission.ladders[0], [1])
    assert standing.score == 41


async def test_the_same_id_on_another_board_or_of_another_player_counts(stores: Stores) -> None:
    submission, elsewhere = await first(stores), await stores.ladder()
    await stores.players(2)
    others = [
        Submission([elsewhere], submission.event._replace(score=9)),
        Submission(submission.ladders, submission.event._replace(user_id=2, score=9)),
    ]
    outcomes = await stores.scores.record(others)
    assert not any(isinstance(outcome, LeaderForgeError) or outcome.duplicate for outcome in outcomes)
