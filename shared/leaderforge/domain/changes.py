"""Changes of ladders, for the invalidation of caches."""

from collections.abc import Sequence
from dataclasses import dataclass

from leaderforge.domain.order import FIRST


@dataclass(frozen=True, slots=True)
class LadderChange:
    """Change of entries of a ladder at sort keys from `best` on. `grown` is true if their number may have changed too.

    Without a period, it concerns every ladder of the board. Without a board, it concerns all ladders.
    """

    best: bytes = FIRST
    grown: bool = True
    board_id: int | None = None
    period: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """Changes from other processes, and a time (ms). All changes announced up to `until` have been received.

    `identities` are player ids and external ids of players that changed or were erased.
    """

    changes: Sequence[LadderChange] = ()
    until: int | None = None
    identities: Sequence[int | str] = ()
