"""Submissions, and the results of recording them."""

import json
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import SubmissionConflict
from leaderforge.domain.json_values import is_same_json
from leaderforge.domain.order import Place
from leaderforge.domain.standings import Event, Standing
from leaderforge.domain.times import time_text

EventKey: TypeAlias = tuple[int, int, UUID]
"""Identity of an event: player, board and submission id."""


class Submission(NamedTuple):
    """Event with the ladders on which it counts: at least one, all of one board, the main one first.

    `requested_at` is the time (ms) that the request gave, None if it gave none. The event's time is at most the time of
    reception.
    """

    ladders: Sequence[Ladder]
    event: Event
    requested_at: int | None = None

    @property
    def board(self) -> Board:
        """Return the board of the submission."""
        return self.ladders[0].board

    @property
    def event_key(self) -> EventKey:
        """Return the identity of the event. A later submission with the same identity is a duplicate."""
        return self.event.user_id, self.board.id, self.event.submission_id

    @property
    def is_judged(self) -> bool:
        """Return whether a rule of the board depends on the player's standing or previous submission."""
        return self.board.limits.depend_on_standing(self.board.policy)


def conflict(submission: Submission, stored: Event) -> SubmissionConflict | None:
    """Return the error for a submission whose id is that of an event with other content, None for a mere repetition."""
    sent = submission.event
    differences: dict[str, tuple[object, object]] = {}
    if sent.score != stored.score:
        differences["score"] = stored.score, sent.score
    if sent.subscore != stored.subscore:
        differences["subscore"] = stored.subscore, sent.subscore
    if not is_same_json(sent.metadata, stored.metadata):
        differences["metadata"] = _json_value(stored.metadata), _json_value(sent.metadata)
    if submission.requested_at is not None and not _can_have_requested(stored, submission.requested_at):
        differences["achieved_at"] = time_text(stored.achieved_at), time_text(submission.requested_at)
    return SubmissionConflict.of(sent.submission_id, differences) if differences else None


def _can_have_requested(stored: Event, requested_at: int) -> bool:
    """Return whether a request with this time (ms) can have stored the event. Times after the reception are clamped."""
    # Events of version 0.2 have no reception: each later time may have been clamped.
    received_ms = stored.received_us // 1000 if stored.received_us else stored.achieved_at
    return stored.achieved_at in {requested_at, min(requested_at, received_ms)}


def _json_value(text: str | None) -> object:
    return None if text is None else json.loads(text)


class Recorded(NamedTuple):
    """Committed submission, with the player's standing on each of its ladders after the commit.

    A `duplicate` was committed earlier, with equal content: its ladders are the ladders of the first copy. Ladders of
    retired periods are not `indexed`. `improved` is the result of `is_improvement` for the main standing.

    `previous` has the place on each ladder directly before the submission, None if there was none. It is empty for a
    duplicate, and if it was not requested.
    """

    ladders: Sequence[Ladder]
    standings: Sequence[Standing]
    duplicate: bool
    improved: bool
    previous: Sequence[Place | None] = ()

    @property
    def standing(self) -> Standing:
        """Return the standing on the main ladder."""
        return self.standings[0]
