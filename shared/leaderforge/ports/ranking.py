"""Reads of one ladder in its total order."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from leaderforge.domain.boards import Ladder
from leaderforge.domain.merge import Counts, Row, Window


class Ranking(Protocol):
    """Reads of one ladder in its total order, exact. The index answers them, and the store when the index cannot.

    Bounds are sort keys, prefixes of sort keys, or `FIRST` and `LAST` (see `domain.order`).
    """

    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        """Return the rows of those of the players who are ranked."""
        ...

    async def counts(self, ladder: Ladder, bounds: Sequence[bytes]) -> Counts:
        """Return the number of entries, and how many lie above each bound."""
        ...

    async def window(self, ladder: Ladder, bound: bytes, *, before: int, after: int) -> Window[Row]:
        """Return up to `before` entries above the bound and up to `after` from it on."""
        ...

    async def key_at(self, ladder: Ladder, rank: int) -> bytes | None:
        """Return the sort key of the entry at an ordinal rank (from 1), or None where there is none."""
        ...
