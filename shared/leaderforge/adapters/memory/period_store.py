"""The twin of the store of periods, over the score store's."""

from collections.abc import Sequence

from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.history import KeptPeriod


class MemoryPeriodStore:
    """`PeriodStore` over the periods that a `MemoryScoreStore` has counted in."""

    def __init__(self, scores: MemoryScoreStore) -> None:
        self._scores = scores
        self._retired: dict[tuple[int, int], int] = {}
        self._dropped: set[tuple[int, int]] = set()
        self._expired: dict[Ladder, int] = {}

    async def periods(self, board: Board, limit: int, before: int | None = None) -> Sequence[Ladder]:
        ladders = await self._scores.ladders_of(board)
        return [ladder for ladder in ladders if before is None or ladder.period < before][:limit]

    async def undropped(self, boards: Sequence[Board]) -> Sequence[KeptPeriod]:
        return [kept for board in boards for kept in await self._kept(board) if _ids(kept.ladder) not in self._dropped]

    async def old(self, board: Board, before: int, limit: int) -> Sequence[KeptPeriod]:
        kept = [kept for kept in await self._kept(board) if _ids(kept.ladder) in self._dropped]
        return sorted((k for k in kept if k.ladder.period < before), key=lambda k: k.ladder.period)[:limit]

    async def retire(self, ladder: Ladder, at: int) -> None:
        self._retired.setdefault(_ids(ladder), at)
        self._scores.set_retired(ladder)

    async def note_dropped(self, ladder: Ladder) -> None:
        self._dropped.add(_ids(ladder))

    async def expire(self, ladder: Ladder, at: int) -> None:
        self._expired.setdefault(ladder, at)
        self._scores.forget_period(ladder)

    async def remove(self, ladder: Ladder, limit: int) -> int:
        removed = self._scores.remove_standings(ladder, limit)
        if not removed:
            self._expired.pop(ladder, None)
        return removed

    async def _kept(self, board: Board) -> Sequence[KeptPeriod]:
        ladders = [Ladder(board, ladder.period) for ladder in await self._scores.ladders_of(board)]
        expired = [ladder for ladder in self._expired if ladder.board.id == board.id]
        return [KeptPeriod(one, self._retired.get(_ids(one)), self._expired.get(one)) for one in (*ladders, *expired)]


def _ids(ladder: Ladder) -> tuple[int, int]:
    return ladder.board.id, ladder.period
