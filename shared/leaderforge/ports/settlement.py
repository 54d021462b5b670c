"""Settlement of periods."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.settlement import (
    Position,
    SettledPeriods,
    Settlement,
    SettlementFault,
    SettlementProgress,
)


class SettlementStore(Protocol):
    """Store of settlements and their progress. All writes are safe to retry."""

    async def settlements(self, board: Board, first: int) -> Mapping[int, Settlement]:
        """Return the settlements of a board's periods with the number `first` or higher, by period number."""
        ...

    async def unfinished(self) -> Mapping[int, Collection[int]]:
        """Return the numbers of the periods whose settlements are in progress, by board id."""
        ...

    async def begin(self, ladder: Ladder, progress: SettlementProgress) -> None:
        """Store a settlement with this progress, unless a settlement is stored."""
        ...

    async def move(self, ladder: Ladder, before: SettlementProgress, after: SettlementProgress) -> None:
        """Move the progress. Raises `SettlementOvertaken` if the stored progress is not `before`."""
        ...

    async def finish(self, ladder: Ladder, before: SettlementProgress, at: int) -> None:
        """Mark the period as settled at `at` (ms). Raises `SettlementOvertaken` like `move`."""
        ...


class SettlementPart(Protocol):
    """Part of settlement, such as the movements of a league. The parts of a period run one after another.

    Results must depend on the stored data and the clock alone. The results are written in chunks. The transaction of a
    chunk also moves the progress (see `SettlementStep`), therefore each chunk is written once.
    """

    name: str

    def periods(self, board: Board) -> SettledPeriods | None:
        """Return the periods of the board that this part settles, None if there are none."""
        ...

    async def settle_chunk(self, ladder: Ladder, progress: SettlementProgress) -> Position | None:
        """Write the next chunk in one transaction, and return the new position. Return None if no chunk remains.

        The first position of a part is empty. Raises `SettlementOvertaken` if another process has moved the progress.
        """
        ...

    async def faults(self, ladder: Ladder, settlement: Settlement) -> Sequence[SettlementFault]:
        """Return the differences between the stored results of a settled period and the stored scores."""
        ...
