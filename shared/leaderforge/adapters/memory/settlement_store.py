"""In-memory settlements."""

from collections.abc import Mapping
from dataclasses import replace

from leaderforge.adapters.memory.boards import LadderKey, place_of
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.settlement import Settlement, SettlementOvertaken, SettlementProgress, SettlementStep


class MemorySettlementStore:
    """`SettlementStore` in a dict."""

    def __init__(self) -> None:
        self._settlements: dict[LadderKey, Settlement] = {}

    async def settlements(self, board: Board, first: int) -> Mapping[int, Settlement]:
        return {
            period: settlement
            for (board_id, period), settlement in self._settlements.items()
            if board_id == board.id and period >= first
        }

    async def begin(self, ladder: Ladder, progress: SettlementProgress) -> None:
        self._settlements.setdefault(place_of(ladder), Settlement(progress))

    async def move(self, ladder: Ladder, before: SettlementProgress, after: SettlementProgress) -> None:
        settlement = self._unfinished(ladder, before)
        self._settlements[place_of(ladder)] = replace(settlement, progress=after)

    async def finish(self, ladder: Ladder, before: SettlementProgress, at: int) -> None:
        settlement = self._unfinished(ladder, before)
        self._settlements[place_of(ladder)] = replace(settlement, settled_at=at)

    def make_step(self, step: SettlementStep) -> None:
        """Move the progress by this step. Raises `SettlementOvertaken` like `SettlementStore.move`."""
        settlement = self._unfinished(step.ladder, step.before)
        self._settlements[place_of(step.ladder)] = replace(settlement, progress=step.after)

    def _unfinished(self, ladder: Ladder, before: SettlementProgress) -> Settlement:
        settlement = self._settlements.get(place_of(ladder))
        if settlement is None or settlement.settled_at is not None or settlement.progress != before:
            raise SettlementOvertaken("another process has continued this settlement")
        return settlement
