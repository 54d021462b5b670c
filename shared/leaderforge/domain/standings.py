"""Events, and their combination to standings.

A standing depends on the set of a player's events, not on their order, because `combine` is associative and
commutative. Events may therefore be folded one by one, in batches, or again from the stored events.
"""

from collections.abc import Iterable, Sequence
from functools import partial, reduce
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID

from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order, Policy
from leaderforge.domain.errors import Conflict, ScoreOutOfRange
from leaderforge.domain.order import MAX_TIME, Place, ranked_score


class Event(NamedTuple):
    """Stored submission: a score, its time (ms) and its JSON metadata, if any.

    `subscore` is the second score, 0 on boards without one. `received_us` (us since 1970) orders events of equal times
    (see `ReceptionClock`). `received_us` is 0 for events of older versions. `change` is the requested change of the
    player's score, None if the request had a score. The score of a change is unknown until the store records it.
    `numbers` are the named numbers as JSON text.
    """

    user_id: int
    submission_id: UUID
    score: int
    achieved_at: int
    metadata: str | None = None
    subscore: int = 0
    received_us: int = 0
    change: int | None = None
    numbers: str | None = None


class EarlierPlace(NamedTuple):
    """Place and number of submissions of a standing, directly before a submission."""

    score: int
    achieved_at: int
    user_id: int
    subscore: int
    submissions: int


VISIBLE = 0
"""Value of `hidden` for a visible standing."""
HIDDEN_ENTRY = 1
HIDDEN_PLAYER = 2
REMOVED = 4
"""Bits of `hidden`. Each bit is a reason why the standing is not listed.

The player still sees a hidden standing. Nobody sees a removed standing.
"""


class Standing(NamedTuple):
    """Result of a player's events on a ladder.

    `achieved_at`, `received_us`, `run_id` and `metadata` come from one event, the run. `scored` is true if any event
    had a score or subscore other than zero. On `sum` boards, only such events change the time. `revision` grows with
    each change. `segments` has the player's value of each attribute in `Board.segments`, None for no value: the current
    values in an open period, or the last values of a past period. `segments` is None on boards without segments.
    """

    user_id: int
    score: int
    achieved_at: int
    run_id: UUID
    metadata: str | None
    scored: bool
    submissions: int = 1
    revision: int = 0
    subscore: int = 0
    hidden: int = VISIBLE
    received_us: int = 0
    segments: tuple[str | None, ...] | None = None

    @property
    def place(self) -> Place | None:
        """Return the place of the standing, None if it is removed."""
        return None if self.removed else Place(self.score, self.achieved_at, self.user_id, self.subscore)

    @property
    def earlier(self) -> EarlierPlace | None:
        """Return the place of the standing and its number of submissions, None if the standing is removed."""
        return None if (place := self.place) is None else EarlierPlace(*place, self.submissions)

    @property
    def removed(self) -> bool:
        """Return whether the standing is removed."""
        return bool(self.hidden & REMOVED)


def standing_of(event: Event) -> Standing:
    """Return the standing of a player with only this event."""
    return Standing(
        user_id=event.user_id,
        score=event.score,
        achieved_at=event.achieved_at,
        run_id=event.submission_id,
        metadata=event.metadata,
        scored=event.score != 0 or event.subscore != 0,
        subscore=event.subscore,
        received_us=event.received_us,
    )


def removed_standing(board: Board, user_id: int, revision: int) -> Standing:
    """Return the row of a removed standing: the neutral element of `combine`.

    The row is stored, because its revision must outlive the removal. Otherwise, a late index update with an older
    revision would restore the standing.
    """
    # This version never takes the run from a standing with the flag `REMOVED`. Processes of version 0.2, which may run
    # during an upgrade, ignore the flag and compare the values. Therefore give a removed standing worse values than any
    # event has.
    latest = MAX_TIME
    best = board.policy is Policy.BEST
    return Standing(
        user_id=user_id,
        score=ranked_score(board.order, board.score_type.greatest) if best else 0,
        subscore=ranked_score(board.subscore_order, MAX_INTEGER) if best and board.subscore_order else 0,
        achieved_at=latest if best else -latest,
        run_id=UUID(int=2**128 - 1 if best else 0),
        metadata=None,
        scored=False,
        submissions=0,
        revision=revision,
        hidden=REMOVED,
    )


def is_listed(board: Board, standing: Standing) -> bool:
    """Return whether the standing has an entry: it is visible and has as many submissions as the board requires."""
    return not standing.hidden and not board.missing_submissions(standing.submissions)


def is_in_segment(ladder: Ladder, standing: Standing) -> bool:
    """Return whether the standing's player is in the ladder's segment. Without a segment, every player is."""
    if ladder.segment is None:
        return True
    return standing.segments is not None and standing.segments[ladder.segment_position] == ladder.segment.value


def combine(board: Board, first: Standing, second: Standing) -> Standing:
    """Return two standings as one, with the events of both. The two must belong to one player and share no event."""
    run = max(first, second, key=lambda s: _precedence(board, s))
    adds = board.policy is Policy.SUM
    return Standing(
        user_id=first.user_id,
        score=first.score + second.score if adds else run.score,
        achieved_at=run.achieved_at,
        run_id=run.run_id,
        metadata=run.metadata,
        scored=first.scored or second.scored,
        submissions=first.submissions + second.submissions,
        revision=max(first.revision, second.revision),
        subscore=first.subscore + second.subscore if adds else run.subscore,
        received_us=run.received_us,
        segments=first.segments,
    )


def fold(board: Board, events: Iterable[Event]) -> Standing:
    """Return the standing of one player's events. There must be at least one event."""
    return reduce(lambda a, b: combine(board, a, b), map(standing_of, events))


def counted_events(board: Board, standing: Standing, events: Sequence[Event]) -> Sequence[Event]:
    """Return the events that a player's stored standing counts. `events` are in the order of recording.

    Usually it counts all events. But events that arrived too late for a period do not count there, and events that were
    removed later still count in a past period. Raises `Conflict` unless the standing counts all events but one sequence
    of successive events.
    """
    number, others = standing.submissions, len(events) - standing.submissions
    if number == 0 or others == 0:
        return events[:number]
    empty, combined = removed_standing(board, standing.user_id, 0), partial(combine, board)
    until = list(accumulate(map(standing_of, events), combined, initial=empty))
    from_end = list(accumulate(map(standing_of, reversed(events)), combined, initial=empty))
    for start in range(number, -1, -1) if others > 0 else ():
        if _result(combined(until[start], from_end[number - start])) == _result(standing):
            return [*events[:start], *events[start + others :]]
    raise Conflict(
        "the player's entry in the period also counts submissions that were removed after the period, and cannot be "
        "computed without this one",
        user_id=standing.user_id,
    )


def _result(standing: Standing) -> tuple[object, ...]:
    return standing.score, standing.subscore, standing.run_id, standing.submissions


def require_in_range(board: Board, standing: Standing) -> None:
    """Raise `ScoreOutOfRange` if the score or the subscore is beyond its range."""
    if abs(standing.score) > board.score_type.greatest or abs(standing.subscore) > MAX_INTEGER:
        raise out_of_range(board, standing.user_id)


def in_range(board: Board, standing: Standing) -> Standing:
    """Clamp the sums of a standing to the range of scores. The sum of only some events of a player may exceed it."""
    greatest = board.score_type.greatest
    return standing._replace(
        score=_clamped(standing.score, greatest), subscore=_clamped(standing.subscore, MAX_INTEGER)
    )


def out_of_range(board: Board, user_id: int) -> ScoreOutOfRange:
    """Return the error for a player whose score or subscore would be beyond its range."""
    return ScoreOutOfRange(
        f"the player's score would leave the range of {board.score_type.range_text}", user_id=user_id
    )


def is_improvement(board: Board, event: Event, standing: Standing) -> bool:
    """Return whether the event is the standing's run or, on `sum` boards, changes the sum for the better."""
    if board.policy is Policy.SUM:
        return event.score > 0 if board.order is Order.DESC else event.score < 0
    return standing.run_id == event.submission_id


def _precedence(board: Board, standing: Standing) -> tuple[int, ...]:
    """Return the precedence of the standing's run. Of two runs, `combine` keeps the one with the larger precedence.

    A removed standing has no run, and therefore the lowest precedence.
    """
    # Break all remaining ties by the run's id. The order of the events must not decide which event is the run.
    present, run_id = not standing.removed, standing.run_id.int
    match board.policy:
        case Policy.SUM:
            # Check the subscore too, because version 0.2 stored subscores without setting `scored`.
            moved = standing.scored or standing.subscore != 0
            # If no submission changes the sum, the earliest one is the run. Later submissions without effect must not
            # move the time of the standing.
            sign = 1 if moved else -1
            return (present, moved, sign * standing.achieved_at, sign * standing.received_us, run_id)
        case Policy.LATEST:
            return (present, standing.achieved_at, standing.received_us, run_id)
        case Policy.BEST:
            return (
                present,
                -ranked_score(board.order, standing.score),
                -ranked_score(board.subscore_order or Order.ASC, standing.subscore),
                -standing.achieved_at,
                -standing.received_us,
                -run_id,
            )


def _clamped(number: int, greatest: int) -> int:
    return max(-greatest, min(number, greatest))


LadderStanding = tuple[Ladder, Standing]
"""Standing with its ladder."""
