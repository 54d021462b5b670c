"""Tiers of a board: ordered classes of entries, such as gold, silver and bronze."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class TierLimit(StrEnum):
    """Number that a tier compares with its limit: score, rank, or rank as a percentage of all ranked players."""

    SCORE = "score"
    RANK = "rank"
    PERCENT = "percent"


_PERCENT_PARTS = 1_000_000
"""Integer by which all players are divided for a limit in percent. It allows limits of four decimals."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Class of entries. An entry is in the first tier of its board whose limit it reaches.

    It reaches a limit of `SCORE` with a score that is at least as good, and one of `RANK` with this rank or a better
    one. A limit of `PERCENT` stands for the rank that this percentage of the players has, rounded up. A tier without
    `kind` contains every entry.
    """

    name: str
    kind: TierLimit | None = None
    limit: Decimal = Decimal(0)
    _parts: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Decimals are too slow for every entry of a page. `valid_tiers` refuses limits that are not finite.
        scale = _PERCENT_PARTS // 100 if self.kind is TierLimit.PERCENT else 1
        object.__setattr__(self, "_parts", int(self.limit * scale) if self.limit.is_finite() else 0)

    @property
    def members(self) -> Mapping[str, str | int | float]:
        """Members of the tier as a JSON object: its name and, if it has a limit, the limit under its kind's name."""
        if self.kind is None:
            return {"name": self.name}
        limit = float(self.limit) if self.kind is TierLimit.PERCENT and self.limit % 1 else int(self.limit)
        return {"name": self.name, self.kind.value: limit}

    def bound(self, total: int) -> int:
        """Return the last score or rank that reaches the limit on a ladder with `total` ranked players."""
        if self.kind is TierLimit.PERCENT:
            return -(-self._parts * total // _PERCENT_PARTS)
        return self._parts


class NextTier(NamedTuple):
    """The tier above an entry's tier, and the points of score or the places that the entry lacks to reach it."""

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


class LadderTiers:
    """Tiers of a ladder with `total` ranked players. With `descending`, high scores lead.

    The limits are compared as integers, for all entries of an answer.
    """

    def __init__(self, tiers: Sequence[Tier], total: int, *, descending: bool) -> None:
        self._tiers = tiers
        self._sign = 1 if descending else -1
        self._bounds = [(tier.kind, tier.bound(total)) for tier in tiers]

    def name(self, score: int, rank: int) -> str | None:
        """Return the name of the tier that contains an entry, None if no tier does."""
        index = self._index(score, rank)
        return self._tiers[index].name if index < len(self._tiers) else None

    def reached(self, score: int, rank: int) -> ReachedTier:
        """Return the tier that contains an entry, with the tier above it."""
        index = self._index(score, rank)
        name = self._tiers[index].name if index < len(self._tiers) else None
        return ReachedTier(name, self._next_tier(index - 1, score, rank) if index else None)

    def _index(self, score: int, rank: int) -> int:
        """Return the index of the tier that contains an entry, the number of tiers if no tier does."""
        sign = self._sign
        for index, (kind, bound) in enumerate(self._bounds):
            if kind is None or ((score - bound) * sign >= 0 if kind is TierLimit.SCORE else rank <= bound):
                return index
        return len(self._bounds)

    def _next_tier(self, index: int, score: int, rank: int) -> NextTier:
        tier, (kind, bound) = self._tiers[index], self._bounds[index]
        if kind is TierLimit.SCORE:
            return NextTier(tier.name, points=(bound - score) * self._sign)
        return NextTier(tier.name, places=rank - bound)
