"""Events and the standings they amount to.

A standing is a function of the set of a player's events, never of the order they arrived in: `combine` is
associative and commutative, so events can be folded one by one, in batches, or again from the log.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from uuid import UUID

from leaderforge.domain.boards import Order, Policy


@dataclass(frozen=True, slots=True)
class Event:
    """One submission: a score, when it was achieved (ms since 1970) and its JSON metadata, if any."""

    user_id: int
    submission_id: UUID
    score: int
    achieved_at: int
    metadata: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
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


def standing_of(event: Event) -> Standing:
    """Return the standing of a player whose only event this is."""
    return Standing(
        user_id=event.user_id,
        score=event.score,
        achieved_at=event.achieved_at,
        run_id=event.submission_id,
        metadata=event.metadata,
        scored=event.score != 0,
    )


def combine(policy: Policy, order: Order, one: Standing, other: Standing) -> Standing:
    """Return the standing of the events of both, which must be of the same player and share no event."""
    run = max(one, other, key=lambda s: _precedence(policy, order, s))
    return Standing(
        user_id=one.user_id,
        score=one.score + other.score if policy is Policy.SUM else run.score,
        achieved_at=run.achieved_at,
        run_id=run.run_id,
        metadata=run.metadata,
        scored=one.scored or other.scored,
        submissions=one.submissions + other.submissions,
        revision=max(one.revision, other.revision),
    )


def fold(policy: Policy, order: Order, events: Iterable[Event]) -> Standing:
    """Return the standing of one player's events, of which there must be at least one."""
    return reduce(lambda a, b: combine(policy, order, a, b), map(standing_of, events))


def improved(policy: Policy, order: Order, event: Event, standing: Standing) -> bool:
    """Whether the event is the standing's run or, on `sum` boards, moves the score the right way."""
    if policy is Policy.SUM:
        return event.score > 0 if order is Order.DESC else event.score < 0
    return standing.run_id == event.submission_id


def _precedence(policy: Policy, order: Order, standing: Standing) -> tuple[int, int, int]:
    match policy:
        case Policy.SUM:
            return (standing.scored, standing.achieved_at, standing.run_id.int)
        case Policy.LATEST:
            return (0, standing.achieved_at, standing.run_id.int)
        case Policy.BEST:
            ranked = standing.score if order is Order.DESC else -standing.score
            return (ranked, -standing.achieved_at, -standing.run_id.int)
