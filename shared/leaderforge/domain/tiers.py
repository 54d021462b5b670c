"""Tiers of a board: ordered classes of entries, such as gold, silver and bronze."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from leaderforge.domain.score_types import ScoreType

MAX_RANK = 2**53 - 1


class TierLimit(StrEnum):
    """Number that a tier compares with its limit: score, rank, or rank as a percentage of all ranked players."""

    SCORE = "score"
    RANK = "rank"
    PERCENT = "percent"


_SCORE, _PERCENT = TierLimit.SCORE, TierLimit.PERCENT  # faster: an access to `TierLimit` costs more than a comparison
_BY_SCORE, _BY_RANK = 0, 1
"""Indexes in the pair that `LadderTiers._merits` returns: merit by score, merit by rank."""
_PERCENT_PARTS = 1_000_000
"""Integer that stands for 100 % in `Tier._parts`. A limit in percent may therefore have four decimals."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Class of entries. An entry is in the first tier of its board whose limit it reaches.

    An entry reaches a limit of `SCORE` with a score that is at least as good, and a limit of `RANK` with this rank or a
    better one. A limit of `PERCENT` stands for a rank: this percentage of the number of ranked players, rounded up. A
    tier without `kind` contains every entry.
    """

    name: str
    kind: TierLimit | None = None
    limit: Decimal = Decimal(0)
    _parts: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Store the limit as an integer, because decimals are too slow for every entry of a page. Ignore a limit that is
        # not finite here, because `valid_tiers` refuses it.
        scale = _PERCENT_PARTS // 100 if self.kind is TierLimit.PERCENT else 1
        object.__setattr__(self, "_parts", int(self.limit * scale) if self.limit.is_finite() else 0)

    @property
    def members(self) -> Mapping[str, str | int | float]:
        """JSON members of the tier: its name and, if it has a limit, the limit under the name of its kind."""
        if self.kind is None:
            return {"name": self.name}
        limit = float(self.limit) if self.kind is TierLimit.PERCENT and self.limit % 1 else int(self.limit)
        return {"name": self.name, self.kind.value: limit}

    def bound(self, total: int) -> int:
        """Return the worst score or rank that still reaches the limit on a ladder with `total` ranked players."""
        if self.kind is _PERCENT:
            return -(-self._parts * total // _PERCENT_PARTS)
        return self._parts


class NextTier(NamedTuple):
    """Tier above an entry's tier, and the distance: `points` of score or `places` of rank. The other number is None."""

    name: str
    points: int | None = None
    places: int | None = None


class ReachedTier(NamedTuple):
    """Name of an entry's tier, None below all tiers. `above` is the tier above, None for an entry in the first tier."""

    name: str | None
    above: NextTier | None


class RankCuts(NamedTuple):
    """Sort keys of the entries at the ranks that limit tiers, on a ladder with `total` ranked players, best first."""

    total: int
    ranks: Sequence[int]
    keys: Sequence[bytes]

    def rank(self, bound: bytes) -> int:
        """Return a rank that reaches the same tier limits as an entry with this sort key. `bound` is the sort key."""
        index = bisect_left(self.keys, bound)
        # A limit beyond the last entry has no sort key, and each entry reaches this limit.
        return self.ranks[index] if index < len(self.ranks) else MAX_RANK


def rank_limits(tiers: Sequence[Tier], total: int) -> Sequence[int]:
    """Return the ranks that limit tiers on a ladder with `total` ranked players, the best first."""
    limits = {tier.bound(total) for tier in tiers if tier.kind in {TierLimit.RANK, TierLimit.PERCENT}}
    return sorted(limit for limit in limits if limit > 0)


def depend_on_total(tiers: Sequence[Tier]) -> bool:
    """Return whether the number of ranked players decides the tier of an entry."""
    return any(tier.kind is TierLimit.PERCENT for tier in tiers)


class LadderTiers:
    """Tiers of a ladder with `total` ranked players. With `descending`, high scores lead.

    The limits are converted to integers once, and then compared with all entries of an answer.
    """

    def __init__(
        self, tiers: Sequence[Tier], total: int, *, descending: bool, score_type: ScoreType = ScoreType.NUMBER
    ) -> None:
        self._tiers = tiers
        self._score_type = score_type
        self._sign = 1 if descending else -1
        self._limits = [self._limit(tier, total) for tier in tiers]

    def name(self, score: int, rank: int) -> str | None:
        """Return the name of the tier that contains an entry, None if no tier does."""
        index = self._index(self._merits(score, rank))
        return self._tiers[index].name if index < len(self._tiers) else None

    def reached(self, score: int, rank: int) -> ReachedTier:
        """Return the tier that contains an entry, with the tier above it."""
        merits = self._merits(score, rank)
        index = self._index(merits)
        name = self._tiers[index].name if index < len(self._tiers) else None
        return ReachedTier(name, self._next_tier(index - 1, merits) if index else None)

    def _limit(self, tier: Tier, total: int) -> tuple[int, int]:
        """Return the index of the merit that a tier compares, and the smallest merit that reaches its limit."""
        if tier.kind is None:
            return _BY_RANK, -MAX_RANK
        bound = tier.bound(total)
        return (_BY_SCORE, bound * self._sign) if tier.kind is _SCORE else (_BY_RANK, -bound)

    def _merits(self, score: int, rank: int) -> tuple[int, int]:
        """Return two numbers that grow with the merit of an entry: one for its score, one for its rank."""
        return score * self._sign, -rank

    def _index(self, merits: tuple[int, int]) -> int:
        """Return the index of the tier that contains an entry, the number of tiers if no tier does."""
        for index, (kind, limit) in enumerate(self._limits):
            if merits[kind] >= limit:
                return index
        return len(self._limits)

    def _next_tier(self, index: int, merits: tuple[int, int]) -> NextTier:
        kind, limit = self._limits[index]
        name, missing = self._tiers[index].name, limit - merits[kind]
        if kind == _BY_SCORE:
            return NextTier(name, points=self._score_type.typed(missing))
        return NextTier(name, places=missing)
