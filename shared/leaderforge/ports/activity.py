"""Activity of boards over the last hours."""

from collections.abc import Sequence
from typing import Protocol

from leaderforge.domain.activity import ActivityPoint, RecentScore
from leaderforge.domain.boards import Board


class ActivityStore(Protocol):
    """Activity by the minute, folded from the stored events. Times are in ms."""

    async def folded_until(self) -> int | None:
        """Return the end of the last folded minute, None before the first one."""
        ...

    async def fold(self, since: int, until: int) -> int:
        """Fold the events that were recorded in these minutes. Return the number of events.

        The result replaces an earlier result of the same minutes. Concurrent calls are therefore harmless.
        """
        ...

    async def forget(self, before: int) -> None:
        """Delete the activity of the minutes before a time."""
        ...

    async def points(self, board: Board, since: int, step_ms: int) -> Sequence[ActivityPoint]:
        """Return the activity since a time in intervals of `step_ms`, without empty intervals, in order of time."""
        ...

    async def leaders(self, board: Board, since: int, limit: int) -> Sequence[RecentScore]:
        """Return the scores of minute leaders since a time, latest first, without scores that no longer count."""
        ...

    async def newest(self, board: Board, since: int, limit: int) -> Sequence[RecentScore]:
        """Return the scores that were recorded since a time and count, latest first."""
        ...
