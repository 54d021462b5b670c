"""Submissions, and the results of recording them."""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from leaderforge.domain.boards import Board, Ladder, Policy
from leaderforge.domain.errors import SubmissionConflict
from leaderforge.domain.json_values import is_same_json
from leaderforge.domain.standings import EarlierPlace, Event, Standing, out_of_range
from leaderforge.domain.times import time_text
from leaderforge.domain.tournaments import Entrant

EventKey: TypeAlias = tuple[int, int, UUID]
"""Identity of an event: player, board and submission id."""


class Submission(NamedTuple):
    """Event with the ladders on which it counts: at least one, all of one board, the main one first.

    `requested_at` is the time (ms) in the request, None if the request had none. The event's time is at most the time
    of reception. `fed` are the fed submissions to other boards, by the feeds of this board. Fed submissions have the
    same player, submission id and time. A submission and its fed submissions count together, or none of them does.
    """

    ladders: Sequence[Ladder]
    event: Event
    requested_at: int | None = None
    fed: "Sequence[Submission]" = ()

    @property
    def board(self) -> Board:
        """Return the board of the submission."""
        return self.ladders[0].board

    @property
    def event_key(self) -> EventKey:
        """Return the identity of the event. A later submission with the same identity is a duplicate."""
        return self.event.user_id, self.board.id, self.event.submission_id

    @property
    def parts(self) -> "Sequence[Submission]":
        """Return the submission and its fed submissions."""
        return (self, *self.fed)

    @property
    def is_judged(self) -> bool:
        """Return whether the submission depends on the player's standing: as a change, or by a rule of the board."""
        return self.event.change is not None or self.board.limits.depend_on_standing(self.board.policy)

    @property
    def depends_on_player(self) -> bool:
        """Return whether stored data of the player decides about the submission: the standing, or the attempts."""
        return self.is_judged or self.board.tournament is not None

    def on_top_of(self, run: "CountedRun | None") -> "Submission":
        """Return the submission of a change with its score: the change plus the score of the run, if there is one.

        Raises `ScoreOutOfRange`, and `RuleViolated` if the score breaks a rule that needs no standing.
        """
        event = self.event
        score = (run.score if run else 0) + (event.change or 0)
        if abs(score) > self.board.score_type.greatest:
            raise out_of_range(self.board, event.user_id)
        self.board.limits.require_score(self.board.policy, score, self.board.score_type)
        result = self._replace(event=event._replace(score=self.board.score_type.typed(score)))
        return result if run is None else result._after(run)

    def _after(self, run: "CountedRun") -> "Submission":
        """Return the submission. On `latest` boards, its time is after the time of the run.

        A change must be later than the run that it changes. Without this rule, different clocks or a queue could give
        the change an earlier time.
        """
        if self.board.policy is not Policy.LATEST or run.reception < (self.event.achieved_at, self.event.received_us):
            return self
        event = self.event._replace(achieved_at=run.achieved_at, received_us=run.received_us + 1)
        return self._replace(event=event, ladders=self.board.ladders_at(run.achieved_at))


class CountedRun(NamedTuple):
    """Score, time (ms) and reception (us) of a player's run."""

    score: int
    achieved_at: int
    received_us: int

    @property
    def reception(self) -> tuple[int, int]:
        """Return the run's position in the order of events on a `latest` board: time (ms), then reception (us)."""
        return self.achieved_at, self.received_us


def conflict(submission: Submission, stored: Event) -> SubmissionConflict | None:
    """Return the error if the stored event with the same id has other content than the submission, None if not."""
    differences = _differences(submission, stored)
    return SubmissionConflict.of(submission.event.submission_id, differences) if differences else None


def _differences(submission: Submission, stored: Event) -> dict[str, tuple[object, object]]:
    """Return the stored and the sent value of each JSON member that differs."""
    sent, json_value = submission.event, submission.board.score_type.json_value
    differences: dict[str, tuple[object, object]] = {}
    if sent.change != stored.change:
        differences["change"] = json_value(stored.change), json_value(sent.change)
    elif sent.change is None and sent.score != stored.score:
        differences["score"] = json_value(stored.score), json_value(sent.score)
    # With tiebreakers, the subscore only packs the named numbers, which are compared below.
    if sent.subscore != stored.subscore and not submission.board.tiebreakers:
        differences["subscore"] = stored.subscore, sent.subscore
    if not is_same_json(sent.metadata, stored.metadata):
        differences["metadata"] = _json_value(stored.metadata), _json_value(sent.metadata)
    if not is_same_json(sent.numbers, stored.numbers):
        differences["numbers"] = _json_value(stored.numbers), _json_value(sent.numbers)
    if submission.requested_at is not None and not _can_have_requested(stored, submission.requested_at):
        differences["achieved_at"] = time_text(stored.achieved_at), time_text(submission.requested_at)
    return differences


def _can_have_requested(stored: Event, requested_at: int) -> bool:
    """Return whether a request with this time (ms), clamped to the reception or not, may have led to the event."""
    # Accept any later time for events of version 0.2: they have no reception, and their stored time may be clamped.
    received_ms = stored.received_us // 1000 if stored.received_us else stored.achieved_at
    return stored.achieved_at in {requested_at, min(requested_at, received_ms)}


def _json_value(text: str | None) -> object:
    return None if text is None else json.loads(text)


class Recorded(NamedTuple):
    """Committed submission, with the player's standing on each of its ladders after the commit.

    A `duplicate` was committed earlier with equal content, and has the ladders of the first commit. Ladders of retired
    periods are not `indexed`. `improved` is the result of `is_improvement` for the main standing.

    `previous` has the place on each ladder directly before the submission, None for a ladder without a place.
    `previous` is empty for a duplicate, and if the caller did not request it. `entrant` is the entrant after a
    submission to a tournament. `fed` has the fed submissions, and for a duplicate the stored ones that still count.
    """

    ladders: Sequence[Ladder]
    standings: Sequence[Standing]
    duplicate: bool
    improved: bool
    previous: Sequence[EarlierPlace | None] = ()
    entrant: Entrant | None = None
    fed: "Sequence[FedRecord]" = ()

    @property
    def standing(self) -> Standing:
        """Return the standing on the main ladder."""
        return self.standings[0]


class FedRecord(NamedTuple):
    """Fed submission, and its result."""

    submission: Submission
    recorded: Recorded


def feeds_any(submissions: Iterable[Submission]) -> bool:
    """Return whether one of the submissions has fed submissions."""
    return any(submission.fed for submission in submissions)
