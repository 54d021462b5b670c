"""Boards and the ladders on them."""

from dataclasses import dataclass
from enum import StrEnum

MAX_INTEGER = 2**53 - 1
"""Largest magnitude of a score or an id: exact in JavaScript and in IEEE 754 doubles."""


class Order(StrEnum):
    """Which scores lead."""

    DESC = "desc"
    ASC = "asc"


class Policy(StrEnum):
    """What a player's events amount to."""

    SUM = "sum"
    BEST = "best"
    LATEST = "latest"


class RankStyle(StrEnum):
    """How ties are numbered: ordinal 1,2,3,4 by the total order, or shared 1,2,2,4 by score alone."""

    ORDINAL = "ordinal"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Board:
    """A board and its rules."""

    id: int
    slug: str
    name: str
    policy: Policy = Policy.SUM
    order: Order = Order.DESC
    rank_style: RankStyle = RankStyle.ORDINAL


ALL_TIME = 0
"""The period that never ends."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """One board in one period: the list within which players are ranked."""

    board: Board
    period: int = ALL_TIME
