"""What readers are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Source(StrEnum):
    """Where an answer came from."""

    INDEX = "index"
    CACHE = "cache"
    STORE = "postgres"


class Entry(NamedTuple):
    """A player on a board. `achieved_at` is in ms since 1970; `metadata` is JSON text.

    `subscore` is None on boards without one. A hidden entry is for its player and for admins to see.
    """

    rank: int
    user_id: int
    username: str | None
    score: int
    submissions: int
    achieved_at: int
    metadata: str | None = None
    subscore: int | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Consecutive entries of a board with `total` of them, as of a time in ms since 1970.

    `next` and `previous` are sort keys to page on from, None where there is nothing further.
    """

    entries: Sequence[Entry]
    total: int
    as_of: int
    source: Source
    next: bytes | None = None
    previous: bytes | None = None


@dataclass(frozen=True, slots=True)
class PlayerRank:
    """One player's entry, and the percentage of the others that it is ahead of."""

    entry: Entry
    percentile: float
    total: int
    as_of: int
    source: Source


@dataclass(frozen=True, slots=True)
class Lookup:
    """The entries of some players with each one's rank among them, best first, and who of them is not ranked."""

    entries: Sequence[tuple[Entry, int]]
    missing: Sequence[int]
    total: int
    as_of: int
    source: Source


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many entries have a score from `low` to `high`, both included."""

    low: int
    high: int
    count: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """How a board's scores are spread. `percentiles` maps 50, 90 and 99 to the score there; empty on an empty board."""

    buckets: Sequence[Bucket]
    total: int
    minimum: int | None
    maximum: int | None
    percentiles: dict[int, int]
    as_of: int
    source: Source
