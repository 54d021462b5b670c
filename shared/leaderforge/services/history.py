"""A player's score over time, and the final ranks of past periods."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.callers import ANONYMOUS, Caller
from leaderforge.domain.errors import NotRanked, Refused
from leaderforge.domain.history import HistoryPoint, HistoryPosition
from leaderforge.domain.periods import ALL_TIME, Period
from leaderforge.domain.times import time_text
from leaderforge.ports.clock import Clock
from leaderforge.ports.history import HistoryStore
from leaderforge.services.entries import PlayerRank
from leaderforge.services.freezing import frozen_at
from leaderforge.services.query import QueryService

_KINDS = 5
"""Maximum number of current periods: one per period kind."""


@dataclass(frozen=True, slots=True)
class PastPeriod:
    """Past period, and the player's rank in it, among `rank.total` players."""

    period: Period
    rank: PlayerRank


@dataclass(frozen=True, slots=True)
class History:
    """Submissions in the order of their times, and past periods, latest first.

    `previous` is the position of the first submission if there are earlier submissions, None otherwise. `external_id`
    is the player's external id, None without one.
    """

    points: Sequence[HistoryPoint]
    periods: Sequence[PastPeriod]
    previous: HistoryPosition | None
    external_id: str | None


class HistoryService:
    """Reads of one player's history. A hidden player's history is visible only to callers who see the entry."""

    def __init__(self, store: HistoryStore, query: QueryService, clock: Clock) -> None:
        self._store = store
        self._query = query
        self._clock = clock

    async def get(
        self,
        board: Board,
        user_id: int,
        *,
        limit: int,
        periods: int,
        before: HistoryPosition | None = None,
        viewer: Caller = ANONYMOUS,
    ) -> History:
        """Return up to `limit` of the latest submissions and up to `periods` past periods.

        With `before`, return submissions before this position only. Raises `NotRanked` if the player has no standing on
        the board, or only standings that the caller must not see. Raises `Refused` if the board is frozen for the
        viewer.
        """
        if (moment := frozen_at(board, viewer, self._clock(), user_id)) is not None:
            raise Refused(
                f"board {board.slug!r} is frozen at {time_text(moment)}; only players see their own histories",
                board=board.slug,
            )
        # The store also lists current periods, which are not returned. Raise the limit by their maximum number.
        played = await self._store.played(board, user_id, periods + _KINDS)
        if not played or (any(standing.hidden for standing in played) and not viewer.sees_hidden(user_id)):
            raise NotRanked.on(board.slug, user_id)
        points = await self._store.points(board, user_id, limit + 1, before)
        page = points[:limit][::-1]
        return History(
            points=page,
            periods=await self._ranks([standing.ladder for standing in played], user_id, periods, viewer),
            previous=page[0].position if len(points) > limit else None,
            external_id=played[0].external_id,
        )

    async def _ranks(self, ladders: Sequence[Ladder], user_id: int, limit: int, viewer: Caller) -> Sequence[PastPeriod]:
        """Return the player's ranks in the latest past periods, one at a time: counting a rank is expensive."""
        now = self._clock()
        past = [ladder for ladder in ladders if not _is_current(ladder, now) and not ladder.incomplete][:limit]
        ranks: list[PastPeriod] = []
        for ladder in past:
            # Skip a period in which the player has too few submissions, or which the player has just left.
            with suppress(NotRanked):
                rank = await self._query.rank(ladder, user_id, viewer)
                ranks.append(PastPeriod(ladder.board.calendar.numbered(ladder.period), rank))
        return ranks


def _is_current(ladder: Ladder, now: int) -> bool:
    """Return whether the ladder's period contains the time `now` (ms)."""
    current = ladder.board.calendar.at(now)
    return ladder.period == ALL_TIME or any(period.number == ladder.period for period in current)
