"""Events and the standings they amount to.

A standing is a function of the set of a player's events, never of the order they arrived in: `combine` is
associative and commutative, so events can be folded one by one, in batches, or again from the log.
"""

from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple
from uuid import UUID

from leaderforge.domain.boards import MAX_INTEGER, Board, Order, Policy
from leaderforge.domain.order import MAX_TIME, ranked_score


class Event(NamedTuple):
    """One submission: a score, when it was achieved (ms since 1970) and its JSON metadata, if any.

    `subscore` is the second score, 0 on boards without one.
    """

    user_id: int
    submission_id: UUID
    score: int
    achieved_at: int
    metadata: str | None = None
    subscore: int = 0


LISTED = 0
HIDDEN_ENTRY = 1
HIDDEN_PLAYER = 2
REMOVED = 4
"""Why a standing is not listed, as bits: what is hidden, its player still sees; what is removed, nobody does."""


class Standing(NamedTuple):
    """What a player's events amount to on a ladder.

    `achieved_at`, `run_id` and `metadata` come from one and the same event, the run. `scored` tells whether any
    event had a score other than zero: on `sum` boards only those move the time. `revision` grows with each change.
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
    hidden: int = LISTED

    @property
    def removed(self) -> bool:
        """Whether there is no such standing any more."""
        return bool(self.hidden & REMOVED)


def standing_of(event: Event) -> Standing:
    """Return the standing of a player whose only event this is."""
    return Standing(
        user_id=event.user_id,
        score=event.score,
        achieved_at=event.achieved_at,
        run_id=event.submission_id,
        metadata=event.metadata,
        scored=event.score != 0,
        subscore=event.subscore,
    )


def nothing(board: Board, user_id: int, revision: int) -> Standing:
    """Return what is left of a removed standing: combined with any other, the neutral element."""
    worst, latest = MAX_INTEGER, MAX_TIME
    best = board.policy is Policy.BEST
    return Standing(
        user_id=user_id,
        score=ranked_score(board.order, worst) if best else 0,
        subscore=ranked_score(board.subscore_order, worst) if best and board.subscore_order else 0,
        achieved_at=latest if best else -latest,
        run_id=UUID(int=2**128 - 1 if best else 0),
        metadata=None,
        scored=False,
        submissions=0,
        revision=revision,
        hidden=REMOVED,
    )


def combine(board: Board, one: Standing, other: Standing) -> Standing:
    """Return the standing of the events of both, which must be of the same player and share no event."""
    run = max(one, other, key=lambda s: _precedence(board, s))
    adds = board.policy is Policy.SUM
    return Standing(
        user_id=one.user_id,
        score=one.score + other.score if adds else run.score,
        achieved_at=run.achieved_at,
        run_id=run.run_id,
        metadata=run.metadata,
        scored=one.scored or other.scored,
        submissions=one.submissions + other.submissions,
        revision=max(one.revision, other.revision),
        subscore=one.subscore + other.subscore if adds else run.subscore,
    )


def fold(board: Board, events: Iterable[Event]) -> Standing:
    """Return the standing of one player's events, of which there must be at least one."""
    return reduce(lambda a, b: combine(board, a, b), map(standing_of, events))


def improved(board: Board, event: Event, standing: Standing) -> bool:
    """Whether the event is the standing's run or, on `sum` boards, moves the score the right way."""
    if board.policy is Policy.SUM:
        return event.score > 0 if board.order is Order.DESC else event.score < 0
    return standing.run_id == event.submission_id


def _precedence(board: Board, standing: Standing) -> tuple[int, ...]:
    match board.policy:
        case Policy.SUM:
            return (standing.scored, standing.achieved_at, standing.run_id.int)
        case Policy.LATEST:
            return (standing.achieved_at, standing.run_id.int)
        case Policy.BEST:
            return (
                -ranked_score(board.order, standing.score),
                -ranked_score(board.subscore_order or Order.ASC, standing.subscore),
                -standing.achieved_at,
                -standing.run_id.int,
            )
