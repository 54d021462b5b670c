"""Daily ranks of a player."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from leaderforge.domain.boards import Ladder
from leaderforge.domain.callers import ANONYMOUS, Caller
from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import NotRanked
from leaderforge.domain.moments import last_final, require_first
from leaderforge.domain.periods import Period, PeriodKind
from leaderforge.ports.clock import Clock
from leaderforge.services.entries import PlayerRank
from leaderforge.services.query import QueryService

_CONCURRENT = 4
"""Maximum ranks that one call reads concurrently, because other calls need connections too."""


@dataclass(frozen=True, slots=True)
class DailyRank:
    """Rank of a player at the end of a day, or now for the current day.

    `rank` is None if the player had no entry then.
    """

    day: Period
    at: int
    rank: PlayerRank | None


class RankHistoryService:
    """Reads of daily ranks at past moments. Days begin in the board's time zone."""

    def __init__(self, query: QueryService, clock: Clock) -> None:
        self._query = query
        self._clock = clock

    async def ranks(self, ladder: Ladder, user_id: int, days: int, viewer: Caller = ANONYMOUS) -> Sequence[DailyRank]:
        """Return the ranks of up to `days` days, the earliest first.

        The last rank is at the ladder's moment, or now without such a moment. Other days are left out
        if their last moment cannot be read. Raises `MomentNotFound` if the board has no moments.
        """
        board, now = ladder.board, self._clock()
        first = require_first(board.slug, board.moments, now, board.frozen_at)
        last = now if ladder.at is None else ladder.at
        moments = _days(ladder, last, days, range(first, last_final(now) + 1))
        ranks: list[PlayerRank | None] = []
        for chunk in chunks(moments[1:], _CONCURRENT):
            ladders = [ladder.as_of(at) for _, at in chunk]
            ranks += await asyncio.gather(*(self._rank(past, user_id, viewer) for past in ladders))
        ranks.insert(0, await self._rank(ladder, user_id, viewer))
        return [DailyRank(day, at, rank) for (day, at), rank in zip(moments, ranks, strict=True)][::-1]

    async def _rank(self, ladder: Ladder, user_id: int, viewer: Caller) -> PlayerRank | None:
        try:
            return await self._query.rank(ladder, user_id, viewer)
        except NotRanked:
            return None


def _days(ladder: Ladder, last: int, days: int, readable: range) -> list[tuple[Period, int]]:
    """Return the last `days` days with a moment (ms) of each, latest first.

    The latest day has the moment `last`, and the other days have their ends. Days whose end is not among the `readable`
    moments, or is before the end of a backfill of the ladder, are left out.
    """
    calendar = replace(ladder.board.calendar, kinds=(PeriodKind.DAILY,))
    [day] = calendar.at(last)
    moments = [(day, last)]
    for _ in range(days - 1):
        if day.starts_at is None or day.starts_at <= readable.start:
            break
        at = day.starts_at - 1
        [day] = calendar.at(at)
        if at in readable and ladder.complete_from(at) == at:
            moments.append((day, at))
    return moments
