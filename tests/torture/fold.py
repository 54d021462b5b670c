"""Standings computed from events by the rules of docs/boards.md. This module shares no code with the product."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID


class CountedEvent(NamedTuple):
    """Event that counts in a standing. Times are in ms and us since 1970."""

    score: int
    achieved_at: int
    received_us: int
    submission_id: UUID = UUID(int=0)
    """Id that orders events with equal times, such as messages that were queued in the same millisecond."""


class Folded(NamedTuple):
    """Result of a player's events on a board in a period."""

    score: int
    achieved_at: int
    submissions: int


_DAY_MS, _MINUTE_MS = 86_400_000, 60_000
_DAILY, _SEASON = 1, 4
"""Codes of the period kinds `daily` and `season`, in the lowest three bits of a period's number."""


def fold(policy: str, order: str, events: Sequence[CountedEvent]) -> Folded:
    """Return the standing of a player with these events, at least one."""
    if policy == "latest":
        run = max(events, key=lambda event: (event.achieved_at, event.received_us, event.submission_id))
        return Folded(run.score, run.achieved_at, len(events))
    if policy == "best":
        sign = -1 if order == "desc" else 1
        run = min(events, key=lambda e: (sign * e.score, e.achieved_at, e.received_us, e.submission_id))
        return Folded(run.score, run.achieved_at, len(events))
    scored = [event for event in events if event.score != 0]
    times = [event.achieved_at for event in scored]
    return Folded(
        sum(event.score for event in events),
        max(times) if times else min(event.achieved_at for event in events),
        len(events),
    )


def periods_at(kinds: Sequence[str], achieved_at: int) -> Sequence[int]:
    """Return the numbers of the periods of `achieved_at` (ms) in UTC. Seasons begin every minute."""
    starts: Mapping[str, tuple[int, int]] = {"daily": (_DAY_MS, _DAILY), "season": (_MINUTE_MS, _SEASON)}
    numbers = []
    for kind in kinds:
        length_ms, code = starts.get(kind, (0, 0))
        numbers.append(achieved_at // length_ms * length_ms // 1000 << 3 | code if length_ms else 0)
    return numbers
