"""Reads of sorted rows, which the in-memory index and the in-memory store share."""

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence

from leaderforge.domain.boards import Ladder
from leaderforge.domain.merge import Counts, Row, SegmentBound, Window, are_unmoved
from leaderforge.domain.order import user_id_of


class RowRanking(ABC):
    """Reads of `Ranking` over the complete list of a ladder's entries, which subclasses return."""

    @abstractmethod
    def _rows(self, ladder: Ladder) -> list[Row]:
        """Return the rows of all entries of the ladder, in order."""

    @abstractmethod
    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        """Return the rows of the players' standings by player id, listed or not."""

    async def counts(
        self,
        ladder: Ladder,
        bounds: Sequence[bytes],
        present: Sequence[bytes] = (),
        within: Sequence[SegmentBound] = (),
        rows: Sequence[Row] = (),
    ) -> Counts:
        listed = self._rows(ladder)
        stored = (await self.rows(ladder, [user_id_of(row.key) for row in rows])).values()
        return Counts(
            len(listed),
            _above(listed, bounds),
            {row.key for row in listed}.issuperset(present) and are_unmoved(rows, stored),
            tuple(sum(row.key < b.bound and row.segments[b.position] == b.segment for row in listed) for b in within),
        )

    async def window(
        self, ladder: Ladder, bound: bytes, *, before: int, after: int, counted: Sequence[bytes] = ()
    ) -> Window[Row]:
        rows = self._rows(ladder)
        [above, *above_counted] = _above(rows, [bound, *counted])
        first = max(0, above - before)
        return Window(len(rows), above, rows[first:above], rows[above : above + after], tuple(above_counted))

    async def window_at(self, ladder: Ladder, rank: int, count: int, *, counted: Sequence[bytes] = ()) -> Window[Row]:
        rows = self._rows(ladder)
        return Window(len(rows), min(rank - 1, len(rows)), [], rows[rank - 1 :][:count], tuple(_above(rows, counted)))

    async def key_at(self, ladder: Ladder, rank: int) -> bytes | None:
        rows = self._rows(ladder)
        return rows[rank - 1].key if 1 <= rank <= len(rows) else None


def _above(rows: Sequence[Row], bounds: Sequence[bytes]) -> list[int]:
    """Return the number of rows above each bound."""
    keys = [row.key for row in rows]
    return [bisect_left(keys, bound) for bound in bounds]
