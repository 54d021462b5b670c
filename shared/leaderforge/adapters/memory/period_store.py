"""In-memory period store, over the in-memory score store."""

from collections.abc import Sequence

from leaderforge.adapters.memory.boards import LadderKey, place_of
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.history import KeptPeriod


class MemoryPeriodStore:
    """`PeriodStore` over the periods of a `MemoryScoreStore`."""

    def __init__(self, scores: MemoryScoreStore) -> None:
        self._scores = scores
        self._retired: dict[LadderKey, int] = {}
        self._dropped: set[LadderKey] = set()
        self._expired: dict[Ladder, int] = {}

    async def periods(self, board: Board, limit: int, before: int | None = None) -> Sequence[Ladder]:
        ladders = await self._scores.ladders_of(board)
        return [ladder for ladder in ladders if before is None or ladder.period < before][:limit]

    async def undropped(self, boards: Sequence[Board]) -> Sequence[KeptPeriod]:
        periods = [period for board in boards for period in await self._stored(board)]
        return [period for period in periods if place_of(period.ladder) not in self._dropped]

    async def old(self, board: Board, before: int, limit: int) -> Sequence[KeptPeriod]:
        periods = [period for period in await self._stored(board) if place_of(period.ladder) in self._dropped]
        return sorted((p for p in periods if p.ladder.period < before), key=lambda p: p.ladder.period)[:limit]

    async def retire(self, ladder: Ladder, at: int) -> None:
        self._retired.setdefault(place_of(ladder), at)
        self._scores.set_retired(ladder)

    async def note_dropped(self, ladder: Ladder) -> None:
        self._dropped.add(place_of(ladder))

    async def expire(self, ladder: Ladder, at: int) -> None:
        self._expired.setdefault(ladder, at)
        self._scores.forget_period(ladder)

    async def remove(self, ladder: Ladder, limit: int) -> int:
        removed = self._scores.remove_standings(ladder, limit)
        if not removed:
            self._expired.pop(ladder, None)
            for forget in self._scores.on_period_removal:
                forget(ladder)
        return removed

    async def _stored(self, board: Board) -> Sequence[KeptPeriod]:
        ladders = [Ladder(board, ladder.period) for ladder in await self._scores.ladders_of(board)]
        expired = [ladder for ladder in self._expired if ladder.board.id == board.id]
        return [
            KeptPeriod(ladder, self._retired.get(place_of(ladder)), self._expired.get(ladder))
            for ladder in (*ladders, *expired)
        ]
