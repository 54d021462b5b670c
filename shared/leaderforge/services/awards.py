"""Awards: listing and claiming."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.rewards import Award, Claim
from leaderforge.ports.awards import AwardPosition, AwardStore, RankPosition
from leaderforge.ports.clock import Clock
from leaderforge.ports.scores import ScoreStore

PositionT = TypeVar("PositionT")


@dataclass(frozen=True, slots=True)
class AwardPage(Generic[PositionT]):
    """Awards in order. `next` is the position after which the next page starts, None on the last page."""

    awards: Sequence[Award]
    next: PositionT | None


class AwardService:
    """Listing and claiming of awards. Settlement grants and revokes awards."""

    def __init__(self, store: ScoreStore, awards: AwardStore, clock: Clock) -> None:
        self._store = store
        self._awards = awards
        self._clock = clock

    async def of_player(self, user_id: int, limit: int, after: AwardPosition | None = None) -> AwardPage[AwardPosition]:
        """Return awards of a player after a position, including claimed and revoked awards."""
        boards = {board.id: board for board in await self._store.boards()}
        awards = await self._awards.of_player(boards, user_id, limit + 1, after or AwardPosition())
        return _page(awards, limit, lambda last: AwardPosition(last.ladder.board.id, last.ladder.period, last.reward))

    async def of_period(self, ladder: Ladder, limit: int, after: RankPosition | None = None) -> AwardPage[RankPosition]:
        """Return awards of a period after a position, best ranks first, including claimed and revoked awards."""
        awards = await self._awards.of_period(ladder, limit + 1, after or RankPosition())
        return _page(awards, limit, lambda last: RankPosition(last.rank, last.user_id, last.reward))

    async def claim(self, board: Board, period: int, user_id: int, reward: str, claim_id: str, actor: str) -> Award:
        """Claim an award for a player, and return it. A retry with the same claim id returns the same award.

        `actor` is the caller's name in the audit log. Raises `AwardNotFound`, `AwardClaimed` or `AwardRevoked`.
        """
        claim = Claim(claim_id, self._clock(), actor)
        return await self._awards.claim(Ladder(board, period), user_id, reward, claim)


def _page(awards: Sequence[Award], limit: int, position: Callable[[Award], PositionT]) -> AwardPage[PositionT]:
    """Return a page of the first `limit` awards. If more follow, `next` is the position of the page's last award."""
    page = awards[:limit]
    return AwardPage(page, position(page[-1]) if len(awards) > limit else None)
