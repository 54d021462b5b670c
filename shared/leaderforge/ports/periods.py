"""Period rollover."""

from collections.abc import Sequence
from typing import Protocol

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.history import KeptPeriod


class PeriodStore(Protocol):
    """Store of the periods that have at least one submission. All writes are safe to retry."""

    async def periods(self, board: Board, limit: int, before: int | None = None) -> Sequence[Ladder]:
        """Return up to `limit` unexpired periods of a board with numbers below `before`, latest first."""
        ...

    async def undropped(self, boards: Sequence[Board]) -> Sequence[KeptPeriod]:
        """Return the periods of these boards whose index keys may still exist."""
        ...

    async def old(self, board: Board, before: int, limit: int) -> Sequence[KeptPeriod]:
        """Return up to `limit` periods of a board with numbers below `before` and without index keys, oldest first."""
        ...

    async def retire(self, ladder: Ladder, at: int) -> None:
        """Retire a period permanently, at `at` (ms). From then on, the store answers instead of the index."""
        ...

    async def note_dropped(self, ladder: Ladder) -> None:
        """Record that the index keys of a retired period are deleted."""
        ...

    async def expire(self, ladder: Ladder, at: int) -> None:
        """Hide a period from all reads. `at` is the present time (ms), which is stored with the period."""
        ...

    async def remove(self, ladder: Ladder, limit: int) -> int:
        """Delete the rows of up to `limit` players in a period, and return the number of these players.

        The rows are standings, seats and results of leagues, entrants, and awards that nobody has claimed. If no row is
        left, delete the period with its settlement.
        """
        ...
