"""Tiers of a board: ordered classes of entries, such as gold, silver and bronze."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from math import ceil
from typing import Any, NamedTuple

from leaderforge.domain.errors import Refused
from leaderforge.domain.names import require_displayed

MAX_TIERS = 20
MAX_TIER_NAME_LENGTH = 32
MAX_LIMIT = 2**53 - 1
PERCENT_DECIMALS = 4
"""Maximum number of decimals of a limit in percent."""


class CutOff(StrEnum):
    """What a tier compares with its limit: the score, the rank, or the rank as a percentage of all ranked players."""

    SCORE = "score"
    RANK = "rank"
    PERCENT = "percent"


class Tier(NamedTuple):
    """Class of entries. An entry is in the first tier of its board whose limit it reaches.

    It reaches a limit of `SCORE` with a score that is at least as good, and one of `RANK` with this rank or a better
    one. A limit of `PERCENT` stands for the rank that this percentage of the players has, rounded up. A tier without
    `cut_off` contains every entry.
    """

    name: str
    cut_off: CutOff | None = None
    limit: Decimal = Decimal(0)

    @property
    def members(self) -> Mapping[str, str | int | float]:
        """Members of the tier as a JSON object: its name and, if it has a limit, the limit under its cut-off's name."""
        if self.cut_off is None:
            return {"name": self.name}
        limit = float(self.limit) if self.cut_off is CutOff.PERCENT and self.limit % 1 else int(self.limit)
        return {"name": self.name, self.cut_off.value: limit}


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


def tiers_of(objects: Iterable[Mapping[str, Any]]) -> tuple[Tier, ...]:
    """Return the tiers of objects with the members that `Tier.members` returns.

    Members that are None count as absent. Raises `Refused` if a tier has another member, no name or several limits.
    """
    return tuple(map(_tier, objects))


def _tier(members: Mapping[str, Any]) -> Tier:
    if unknown := members.keys() - {"name", *CutOff}:
        raise Refused(f"tiers: unknown member {min(unknown)!r}: use name, {', '.join(CutOff)}", setting="tiers")
    if not isinstance(members.get("name"), str):
        raise Refused("tiers: every tier needs a name", setting="tiers")
    cut_offs = [cut_off for cut_off in CutOff if members.get(cut_off.value) is not None]
    if not cut_offs:
        return Tier(members["name"])
    if len(cut_offs) > 1:
        raise Refused(f"tiers: {members['name']!r} has {' and '.join(cut_offs)}; keep one of them", setting="tiers")
    return Tier(members["name"], cut_offs[0], Decimal(str(members[cut_offs[0].value])))


def valid_tiers(tiers: Sequence[Tier], *, descending: bool) -> tuple[Tier, ...]:
    """Return the tiers of a board, with names in displayed form. With `descending`, high scores lead on the board.

    Raises `Refused` if a name or a limit is invalid, or if no entry could ever be in one of the tiers.
    """
    if len(tiers) > MAX_TIERS:
        raise Refused(f"tiers: must be at most {MAX_TIERS}, not {len(tiers)}", setting="tiers")
    named = tuple(tier._replace(name=_displayed(tier.name)) for tier in tiers)
    for name in {tier.name for tier in named}:
        if sum(tier.name == name for tier in named) > 1:
            raise Refused(f"tiers: two tiers are called {name!r}; rename one", setting="tiers")
    for tier in named:
        _require_limit(tier)
    _require_reachable(named, descending)
    return named


def _displayed(name: str) -> str:
    try:
        return require_displayed(name, MAX_TIER_NAME_LENGTH, f"tiers: the name {name[:80]!r}")
    except Refused as refused:
        raise Refused(refused.message, setting="tiers") from None


def _require_limit(tier: Tier) -> None:
    """Raise `Refused` if the limit of a tier is not a possible score, rank or percentage."""
    exponent = tier.limit.normalize().as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else MAX_TIERS
    if tier.cut_off is CutOff.PERCENT:
        is_valid, rule = (
            0 < tier.limit <= 100 and decimals <= PERCENT_DECIMALS,
            (f"above 0 and at most 100, with at most {PERCENT_DECIMALS} decimals"),
        )
    elif tier.cut_off is CutOff.RANK:
        is_valid, rule = 1 <= tier.limit <= MAX_LIMIT and decimals <= 0, f"a whole number from 1 to {MAX_LIMIT}"
    else:
        is_valid, rule = abs(tier.limit) <= MAX_LIMIT and decimals <= 0, f"a whole number up to {MAX_LIMIT}"
    if not is_valid:
        raise Refused(f"tiers: {tier.cut_off} of {tier.name!r} must be {rule}, not {tier.limit}", setting="tiers")


def _require_reachable(tiers: Sequence[Tier], descending: bool) -> None:
    """Raise `Refused` if the tiers above one of the tiers contain all entries that reach it."""
    for tier in tiers[:-1]:
        if tier.cut_off is None:
            raise Refused(
                f"tiers: {tier.name!r} contains every entry; give it a limit, or list it last", setting="tiers"
            )
    for cut_off in CutOff:
        alike = [tier for tier in tiers if tier.cut_off is cut_off]
        falling = cut_off is CutOff.SCORE and descending
        for above, below in pairwise(alike):
            if below.limit == above.limit or (below.limit > above.limit) is falling:
                raise Refused(
                    f"tiers: no entry could be in {below.name!r}, because {above.name!r} is above it with {cut_off} "
                    f"{above.limit}; list the best tier first",
                    setting="tiers",
                )


def tier_of(tiers: Sequence[Tier], ranked: RankedScore) -> str | None:
    """Return the name of the tier that contains an entry, None if no tier does."""
    index = _index(tiers, ranked)
    return tiers[index].name if index < len(tiers) else None


def next_tier_of(tiers: Sequence[Tier], ranked: RankedScore) -> NextTier | None:
    """Return the tier above the one that contains an entry, None if the entry is in the first tier."""
    index = _index(tiers, ranked)
    if index == 0:
        return None
    tier = tiers[index - 1]
    missing = _missing(tier, ranked)
    if tier.cut_off is CutOff.SCORE:
        return NextTier(tier.name, points=missing)
    return NextTier(tier.name, places=missing)


def _index(tiers: Sequence[Tier], ranked: RankedScore) -> int:
    """Return the index of the tier that contains an entry, the number of tiers if no tier does."""
    return next((i for i, tier in enumerate(tiers) if _missing(tier, ranked) <= 0), len(tiers))


def _missing(tier: Tier, ranked: RankedScore) -> int:
    """Return the points or places that an entry lacks to reach a tier. The number is 0 or negative if it reaches it."""
    if tier.cut_off is None:
        return 0
    if tier.cut_off is CutOff.SCORE:
        missing = int(tier.limit) - ranked.score
        return missing if ranked.descending else -missing
    if tier.cut_off is CutOff.RANK:
        return ranked.rank - int(tier.limit)
    return ranked.rank - ceil(tier.limit * ranked.total / 100)
