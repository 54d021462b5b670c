"""Reads of one ladder in its total order."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from leaderforge.domain.boards import Ladder
from leaderforge.domain.merge import Counts, Row, SegmentBound, Window
from leaderforge.domain.sources import Source


class Ranking(Protocol):
    """Exact reads of one ladder in its total order. Index and store implement this protocol.

    A ladder with a segment has only the entries of the segment's players. All other rows are left out.

    Bounds are sort keys, prefixes of sort keys, or `FIRST` and `LAST` (see `domain.order`).
    """

    @property
    def source(self) -> Source:
        """Return the source of the answers from this ranking."""
        ...

    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        """Return the rows of the players' standings by player id, listed or not. Removed standings are left out."""
        ...

    async def counts(
        self,
        ladder: Ladder,
        bounds: Sequence[bytes],
        present: Sequence[bytes] = (),
        within: Sequence[SegmentBound] = (),
        rows: Sequence[Row] = (),
    ) -> Counts:
        """Return the number of entries, the number above each bound, and the number above each bound in a segment.

        `present` are sort keys of entries that were read before. `Counts.all_present` says whether all of them were
        still in the ladder during the count. If not, callers must read and count again, because an entry that has moved
        up would be counted above its own earlier sort key.

        `rows` are rows that the method `rows` returned before. `Counts.all_present` also says whether all of them still
        have their sort keys and segments, and are still hidden or visible. Callers that count within the segments of a
        player, or for a hidden player, must pass the player's row: such a change leaves no trace in `present`.
        """
        ...

    async def window(
        self, ladder: Ladder, bound: bytes, *, before: int, after: int, counted: Sequence[bytes] = ()
    ) -> Window[Row]:
        """Return up to `before` entries above the bound, and up to `after` entries at and below the bound.

        `Window.counted` has the number of entries above each bound of `counted`, from the state of the window.
        """
        ...

    async def window_at(self, ladder: Ladder, rank: int, count: int, *, counted: Sequence[bytes] = ()) -> Window[Row]:
        """Return up to `count` entries from an ordinal rank (from 1) on, in `after`. `before` is empty.

        `Window.counted` has the number of entries above each bound of `counted`, from the state of the window.
        """
        ...

    async def key_at(self, ladder: Ladder, rank: int) -> bytes | None:
        """Return the sort key of the entry at an ordinal rank (from 1), None if there is none."""
        ...
