"""Awards of players: listing and claiming."""

from collections.abc import Sequence
from dataclasses import dataclass

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.rewards import Award, Claim
from leaderforge.ports.awards import AwardPosition, AwardStore
from leaderforge.ports.clock import Clock
from leaderforge.ports.scores import ScoreStore


@dataclass(frozen=True, slots=True)
class AwardPage:
    """Awards of a player in order of board, period and reward. `next` is the position after them, None at the end."""

    awards: Sequence[Award]
    next: AwardPosition | None


class AwardService:
    """Listing and claiming of awards. Settlement grants and revokes them."""

    def __init__(self, store: ScoreStore, awards: AwardStore, clock: Clock) -> None:
        self._store = store
        self._awards = awards
        self._clock = clock

    async def of_player(self, user_id: int, limit: int, after: AwardPosition | None = None) -> AwardPage:
        """Return awards of a player after a position, including claimed and revoked ones."""
        boards = {board.id: board for board in await self._store.boards()}
        awards = await self._awards.of_player(boards, user_id, limit + 1, after or AwardPosition())
        page = awards[:limit]
        if len(awards) <= limit:
            return AwardPage(page, None)
        last = page[-1]
        return AwardPage(page, AwardPosition(last.ladder.board.id, last.ladder.period, last.reward))

    async def claim(self, board: Board, period: int, user_id: int, reward: str, claim_id: str, actor: str) -> Award:
        """Claim an award for a player, and return it. A retry with the same claim id returns the same award.

        `actor` is the caller's name in the audit log. Raises `AwardNotFound`, `AwardClaimed` or `AwardRevoked`.
        """
        claim = Claim(claim_id, self._clock(), actor)
        return await self._awards.claim(Ladder(board, period), user_id, reward, claim)
