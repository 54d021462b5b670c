"""Changes of ladders that caches have to know of."""

from collections.abc import Sequence
from dataclasses import dataclass

from leaderforge.domain.order import FIRST


@dataclass(frozen=True, slots=True)
class LadderChange:
    """That entries of a ladder changed, at sort keys from `best` on; `grown`: that their number may have changed, too.

    Without a period, it speaks of every ladder of the board; without a board, of all ladders there are.
    """

    best: bytes = FIRST
    grown: bool = True
    board_id: int | None = None
    period: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """Changes that other processes announced, and a time: what they announced until then has been heard by now."""

    changes: Sequence[LadderChange] = ()
    until: int | None = None
