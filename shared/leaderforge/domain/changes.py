"""Changes of ladders, for the invalidation of caches."""

from collections.abc import Sequence
from dataclasses import dataclass

from leaderforge.domain.order import FIRST


@dataclass(frozen=True, slots=True)
class LadderChange:
    """Change of entries of a ladder. Entries above the sort key `best` are unchanged.

    `grown` is true if the number of entries may have changed too. A change without a period concerns every ladder of
    the board. A change without a board concerns all ladders.
    """

    best: bytes = FIRST
    grown: bool = True
    board_id: int | None = None
    period: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """Message of the change feed. All changes that other processes announced up to `until` (ms) have been received.

    `until` is None if the message has no time. `identities` are player ids and external ids of players who were changed
    or erased.
    """

    changes: Sequence[LadderChange] = ()
    until: int | None = None
    identities: Sequence[int | str] = ()
