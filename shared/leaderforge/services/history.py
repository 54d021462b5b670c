"""A player's score over time, and the ranks that past periods ended with."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import NotRanked
from leaderforge.domain.periods import ALL_TIME, Period
from leaderforge.ports import Clock, HistoryPoint, HistoryStore
from leaderforge.services.entries import PlayerRank
from leaderforge.services.query import QueryService, Sees, nobody

_KINDS = 5
"""How many periods are current at the most."""


@dataclass(frozen=True, slots=True)
class PastPeriod:
    """A period that is over, and the player's place in it among `rank.total`."""

    period: Period
    rank: PlayerRank


@dataclass(frozen=True, slots=True)
class History:
    """Submissions in the order of their times, and past periods, the latest first.

    `previous` is the time and id of the first of the submissions if there are earlier ones, else None.
    """

    points: Sequence[HistoryPoint]
    periods: Sequence[PastPeriod]
    previous: tuple[int, UUID] | None


class HistoryService:
    """Tells of one player. A hidden player's history is for those alone who see the player's entry."""

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
        before: tuple[int, UUID] | None = None,
        sees: Sees = nobody,
    ) -> History:
        """Return up to `limit` of the latest submissions, before a time and id if given, and past periods.

        Raises `NotRanked` where the player has no standing on the board, or one that is not to be seen.
        """
        played = await self._store.played(board, user_id, periods + _KINDS)
        if not played or (any(one.hidden for one in played) and not sees(user_id)):
            raise NotRanked(f"player {user_id} has no score on board {board.slug!r}", user_id=user_id, board=board.slug)
        points = await self._store.points(board, user_id, limit + 1, before)
        shown = points[:limit][::-1]
        return History(
            points=shown,
            periods=await self._ranks([one.ladder for one in played], user_id, periods, sees),
            previous=(shown[0].at, shown[0].submission_id) if len(points) > limit else None,
        )

    async def _ranks(self, ladders: Sequence[Ladder], user_id: int, limit: int, sees: Sees) -> Sequence[PastPeriod]:
        """Return where the player is in those of the periods that are over, one after the other: counting is work."""
        now = self._clock()
        over = [ladder for ladder in ladders if not _is_current(ladder, now) and not ladder.incomplete][:limit]
        return [
            PastPeriod(ladder.board.calendar.numbered(ladder.period), await self._query.rank(ladder, user_id, sees))
            for ladder in over
        ]


def _is_current(ladder: Ladder, now: int) -> bool:
    current = ladder.board.calendar.at(now)
    return ladder.period == ALL_TIME or any(period.number == ladder.period for period in current)
