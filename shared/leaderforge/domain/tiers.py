"""Tiers of a board: ordered classes of entries, such as gold, silver and bronze."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from math import ceil
from typing import NamedTuple


class TierLimit(StrEnum):
    """What a tier compares with its limit: the score, the rank, or the rank as a percentage of all ranked players."""

    SCORE = "score"
    RANK = "rank"
    PERCENT = "percent"


class Tier(NamedTuple):
    """Class of entries. An entry is in the first tier of its board whose limit it reaches.

    It reaches a limit of `SCORE` with a score that is at least as good, and one of `RANK` with this rank or a better
    one. A limit of `PERCENT` stands for the rank that this percentage of the players has, rounded up. A tier without
    `kind` contains every entry.
    """

    name: str
    kind: TierLimit | None = None
    limit: Decimal = Decimal(0)

    @property
    def members(self) -> Mapping[str, str | int | float]:
        """Members of the tier as a JSON object: its name and, if it has a limit, the limit under its kind's name."""
        if self.kind is None:
            return {"name": self.name}
        limit = float(self.limit) if self.kind is TierLimit.PERCENT and self.limit % 1 else int(self.limit)
        return {"name": self.name, self.kind.value: limit}


class RankedScore(NamedTuple):
    """Score and rank of an entry on a ladder with `total` ranked players. With `descending`, high scores lead."""

    score: int
    rank: int
    total: int
    descending: bool


class NextTier(NamedTuple):
    """The tier above an entry's tier, and what the entry lacks to reach it: points of its score, or places."""

    name: str
    points: int | None = None
    places: int | None = None


class ReachedTier(NamedTuple):
    """The tier that contains an entry, None if no tier does, and the tier above it, None for the first tier."""

    name: str | None
    above: NextTier | None


def depend_on_total(tiers: Sequence[Tier]) -> bool:
    """Return whether the number of ranked players decides the tier of an entry."""
    return any(tier.kind is TierLimit.PERCENT for tier in tiers)


def reached_tier(tiers: Sequence[Tier], ranked: RankedScore) -> ReachedTier:
    """Return the tier that contains an entry, with the tier above it."""
    index = _index(tiers, ranked)
    name = tiers[index].name if index < len(tiers) else None
    return ReachedTier(name, _next_tier(tiers[index - 1], ranked) if index else None)


def tier_of(tiers: Sequence[Tier], ranked: RankedScore) -> str | None:
    """Return the name of the tier that contains an entry, None if no tier does."""
    index = _index(tiers, ranked)
    return tiers[index].name if index < len(tiers) else None


def _next_tier(tier: Tier, ranked: RankedScore) -> NextTier:
    missing = _missing(tier, ranked)
    if tier.kind is TierLimit.SCORE:
        return NextTier(tier.name, points=missing)
    return NextTier(tier.name, places=missing)


def _index(tiers: Sequence[Tier], ranked: RankedScore) -> int:
    """Return the index of the tier that contains an entry, the number of tiers if no tier does."""
    return next((i for i, tier in enumerate(tiers) if _missing(tier, ranked) <= 0), len(tiers))


def _missing(tier: Tier, ranked: RankedScore) -> int:
    """Return the points or places that an entry lacks to reach a tier. The number is 0 or negative if it reaches it."""
    if tier.kind is None:
        return 0
    if tier.kind is TierLimit.SCORE:
        missing = int(tier.limit) - ranked.score
        return missing if ranked.descending else -missing
    if tier.kind is TierLimit.RANK:
        return ranked.rank - int(tier.limit)
    return ranked.rank - ceil(tier.limit * ranked.total / 100)
