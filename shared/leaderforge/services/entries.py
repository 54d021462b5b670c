"""Results of reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from leaderforge.domain.sources import Source
from leaderforge.domain.tiebreakers import Tiebreaker


class Entry(NamedTuple):
    """Standing as a reader sees it, with rank and username. `achieved_at` is in ms, `metadata` is JSON text.

    `subscore` is None on boards without subscores. Only the player and callers of the console see a hidden entry.
    `rank_in` has the rank in each of the player's segments, by the attribute of the segment. `rank_in` is None if these
    ranks were not requested, and on boards without segments. On a board with `tiebreakers`, `subscore` packs their
    numbers.
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
    external_id: str | None = None
    rank_in: Mapping[str, int] | None = None
    tiebreakers: tuple[Tiebreaker, ...] = ()


@dataclass(frozen=True, slots=True)
class RankedEntries:
    """Entries of some players, best first, with the number of players strictly behind each, and the ladder's total.

    The total does not count hidden entries.
    """

    entries: Sequence[Entry]
    behind: Sequence[int]
    total: int


class CountedNeighbours(NamedTuple):
    """A player's entry and its neighbours, all from one state of the ladder.

    `first` is the ordinal rank of the first visible entry. `total` does not count a hidden entry. `rank_in` has the
    player's ranks in segments, None if the ladder has none.
    """

    entries: Sequence[Entry]
    first: int
    total: int
    rank_in: Mapping[str, int] | None


class PlacedPlayer(NamedTuple):
    """Sort key, score and rank of a visible entry."""

    key: bytes
    score: int
    rank: int


class PlacedPlayers(NamedTuple):
    """Visible entries of some players by the players' ids, without names and metadata, and the ladder's total."""

    by_id: Mapping[int, PlacedPlayer]
    total: int


@dataclass(frozen=True, slots=True)
class Page:
    """Consecutive entries of a board, its `total`, and the time `as_of` (ms).

    `population` is the number of ranked players if it differs from `total`, else None. Only the `total` of a score
    range counts fewer players. `next` is the sort key after which the next page starts, None on the last page.
    `previous` is the sort key before which the previous page ends, None on the first page. On a page of a player's
    neighbours, `rank_in` has the ranks of that player in segments: see `Entry`.
    """

    entries: Sequence[Entry]
    total: int
    as_of: int
    source: Source
    next: bytes | None = None
    previous: bytes | None = None
    population: int | None = None
    rank_in: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class PlayerRank:
    """Entry of one player, and the percentage of the other players that are behind the entry."""

    entry: Entry
    percentile: float
    total: int
    as_of: int
    source: Source


@dataclass(frozen=True, slots=True)
class Lookup:
    """Entries of the requested players, best first, each with its rank among them, and the ids without an entry."""

    entries: Sequence[tuple[Entry, int]]
    missing: Sequence[int]
    total: int
    as_of: int
    source: Source


@dataclass(frozen=True, slots=True)
class Bucket:
    """Number of entries with a score from `low` to `high`, inclusive."""

    low: int
    high: int
    count: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """Exact histogram of a board. `percentiles` maps 50, 90 and 99 to scores, and is empty for an empty board."""

    buckets: Sequence[Bucket]
    total: int
    minimum: int | None
    maximum: int | None
    percentiles: dict[int, int]
    as_of: int
    source: Source
