"""Period rollover."""

from collections.abc import Sequence
from typing import Protocol

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.history import KeptPeriod


class PeriodStore(Protocol):
    """The periods of boards in which anything was counted. Acts can be repeated."""

    async def periods(self, board: Board, limit: int, before: int | None = None) -> Sequence[Ladder]:
        """Return a board's periods of lower numbers than `before`, those that start the latest first."""
        ...

    async def undropped(self, boards: Sequence[Board]) -> Sequence[KeptPeriod]:
        """Return those of these boards that the index may have something of."""
        ...

    async def old(self, board: Board, before: int, limit: int) -> Sequence[KeptPeriod]:
        """Return a board's periods of lower numbers than `before` that the index has nothing of, the oldest first."""
        ...

    async def retire(self, ladder: Ladder, at: int) -> None:
        """Have the store answer for a period, for ever, in the place of the index."""
        ...

    async def note_dropped(self, ladder: Ladder) -> None:
        """Take note that the index has nothing of a period that is retired."""
        ...

    async def expire(self, ladder: Ladder, at: int) -> None:
        """Put a period out of reach."""
        ...

    async def remove(self, ladder: Ladder, limit: int) -> int:
        """Remove up to `limit` standings of a period and return how many there were; if none, forget the period."""
        ...
