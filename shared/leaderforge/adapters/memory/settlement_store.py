"""In-memory settlements."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from leaderforge.adapters.memory.boards import LadderKey, place_of
from leaderforge.adapters.memory.outbox import MemoryOutbox
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.grouping import grouped
from leaderforge.domain.settlement import (
    EARLIER,
    Settlement,
    SettlementOvertaken,
    SettlementProgress,
    SettlementStep,
    settlement_notice,
)


class MemorySettlementStore:
    """`SettlementStore` in a dict. It writes the notices of settled periods to `outbox`."""

    def __init__(self, outbox: MemoryOutbox) -> None:
        self._outbox = outbox
        self._settlements: dict[LadderKey, Settlement] = {}

    async def settlements(self, board: Board, first: int) -> Mapping[int, Settlement]:
        return {p: s for (board_id, p), s in self._settlements.items() if board_id == board.id and p >= first}

    async def unfinished(self) -> Mapping[int, Collection[int]]:
        return grouped(key for key, settlement in self._settlements.items() if settlement.settled_at is None)

    async def begin(self, ladder: Ladder, progress: SettlementProgress) -> None:
        self._settlements.setdefault(place_of(ladder), Settlement(progress))

    async def move(self, ladder: Ladder, before: SettlementProgress, after: SettlementProgress) -> None:
        settlement = self._unfinished(ladder, before)
        self._settlements[place_of(ladder)] = replace(settlement, progress=after)

    async def finish(self, ladder: Ladder, before: SettlementProgress, at: int) -> None:
        settlement = self._unfinished(ladder, before)
        self._settlements[place_of(ladder)] = replace(settlement, settled_at=at)
        self._outbox.write([settlement_notice(ladder, at)])

    def settled(self) -> Collection[LadderKey]:
        """Return the board id and the period number of each settled period."""
        return [key for key, settlement in self._settlements.items() if settlement.settled_at is not None]

    def forget(self, ladder: Ladder) -> None:
        """Delete the settlement of a period, if there is one."""
        self._settlements.pop(place_of(ladder), None)

    def is_in_progress(self, ladder: Ladder) -> bool:
        """Return whether a settlement of the period has begun and is not finished."""
        settlement = self._settlements.get(place_of(ladder))
        return settlement is not None and settlement.settled_at is None

    def reopen(self, ladder: Ladder, part: str) -> bool:
        """Begin a settled period's settlement again, at this part. Return False if the period is not settled."""
        settlement = self._settlements.get(place_of(ladder))
        if settlement is None or settlement.settled_at is None or settlement.progress.part != part:
            return False
        revision = settlement.revision + 1
        progress = SettlementProgress(part, {EARLIER: settlement.progress.earlier, "revision": revision})
        self._settlements[place_of(ladder)] = Settlement(progress, revision=revision)
        return True

    def make_step(self, step: SettlementStep) -> None:
        """Move the progress by this step. Raises `SettlementOvertaken` like `SettlementStore.move`."""
        settlement = self._unfinished(step.ladder, step.before)
        self._settlements[place_of(step.ladder)] = replace(settlement, progress=step.after)

    def _unfinished(self, ladder: Ladder, before: SettlementProgress) -> Settlement:
        settlement = self._settlements.get(place_of(ladder))
        if settlement is None or settlement.settled_at is not None or settlement.progress != before:
            raise SettlementOvertaken("another process has continued this settlement")
        return settlement
