"""Validation of a board's tiers, and their conversion from JSON objects."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from leaderforge.domain.boards import MAX_INTEGER, Order
from leaderforge.domain.errors import Refused
from leaderforge.domain.names import require_displayed
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.tiers import Tier, TierLimit

MAX_TIERS = 20
MAX_TIER_NAME_LENGTH = 32
PERCENT_DECIMALS = 4
"""Maximum number of decimals of a limit in percent."""

_RANGES = {
    TierLimit.RANK: (Decimal(1), Decimal(MAX_INTEGER)),
    TierLimit.PERCENT: (Decimal(1).scaleb(-PERCENT_DECIMALS), Decimal(100)),
}
"""Smallest and largest limit of each kind except `SCORE`, whose limits are the scores of the board."""


def tiers_of(objects: Iterable[Mapping[str, Any]]) -> tuple[Tier, ...]:
    """Return the tiers that JSON objects describe by the JSON members of `Tier.members`.

    A value None counts as absent. Raises `Refused` if a tier has another JSON member, no name or several limits.
    """
    return tuple(map(_tier, objects))


def _tier(members: Mapping[str, Any]) -> Tier:
    if unknown := members.keys() - {"name", *TierLimit}:
        raise Refused(f"tiers: unknown member {min(unknown)!r}: use name, {', '.join(TierLimit)}", setting="tiers")
    if not isinstance(members.get("name"), str):
        raise Refused("tiers: every tier needs a name", setting="tiers")
    kinds = [kind for kind in TierLimit if members.get(kind.value) is not None]
    if not kinds:
        return Tier(members["name"])
    if len(kinds) > 1:
        raise Refused(f"tiers: {members['name']!r} has {' and '.join(kinds)}; keep one of them", setting="tiers")
    return Tier(members["name"], kinds[0], Decimal(str(members[kinds[0].value])))


def valid_tiers(tiers: Sequence[Tier], order: Order, score_type: ScoreType = ScoreType.NUMBER) -> tuple[Tier, ...]:
    """Return the tiers of a board, with their names as they are displayed.

    Raises `Refused` if a name or a limit is invalid, or if no entry could ever be in one of the tiers.
    """
    if len(tiers) > MAX_TIERS:
        raise Refused(f"tiers: must be at most {MAX_TIERS}, not {len(tiers)}", setting="tiers")
    displayed_tiers = tuple(replace(tier, name=_displayed(tier.name)) for tier in tiers)
    _require_unique_names(displayed_tiers)
    for tier in displayed_tiers:
        _require_limit(tier, score_type)
    _require_reachable(displayed_tiers, order)
    return displayed_tiers


def _displayed(name: str) -> str:
    try:
        return require_displayed(name, MAX_TIER_NAME_LENGTH, f"tiers: the name {name[:80]!r}")
    except Refused as refused:
        raise Refused(refused.message, setting="tiers") from None


def _require_unique_names(tiers: Sequence[Tier]) -> None:
    for name, count in Counter(tier.name for tier in tiers).items():
        if count > 1:
            raise Refused(f"tiers: two tiers are called {name!r}; rename one", setting="tiers")


def _require_limit(tier: Tier, score_type: ScoreType) -> None:
    """Raise `Refused` if the limit of a tier is not a possible score, rank or percentage."""
    if tier.kind is None:
        return
    greatest = Decimal(score_type.greatest)
    low, high = _RANGES.get(tier.kind, (-greatest, greatest))
    decimals = PERCENT_DECIMALS if tier.kind is TierLimit.PERCENT else 0
    if not low <= tier.limit <= high or tier.limit != round(tier.limit, decimals):
        raise Refused(
            f"tiers: {tier.kind} of {tier.name!r} must be {low} to {high} with at most {decimals} decimals, "
            f"not {tier.limit}",
            setting="tiers",
        )


def _require_reachable(tiers: Sequence[Tier], order: Order) -> None:
    """Raise `Refused` if a tier can never have an entry, because better tiers contain all entries that reach it."""
    for tier in tiers[:-1]:
        if tier.kind is None:
            raise Refused(
                f"tiers: {tier.name!r} contains every entry; give it a limit, or list it last", setting="tiers"
            )
    for kind in TierLimit:
        falling = kind is TierLimit.SCORE and order is Order.DESC
        _require_monotonic([tier for tier in tiers if tier.kind is kind], kind, falling=falling)


def _require_monotonic(tiers: Sequence[Tier], kind: TierLimit, *, falling: bool) -> None:
    """Raise `Refused` unless the limits of this kind rise from tier to tier or, with `falling`, fall."""
    for above, below in pairwise(tiers):
        if below.limit == above.limit or (below.limit > above.limit) is falling:
            raise Refused(
                f"tiers: no entry could be in {below.name!r}, because {above.name!r} is above it with {kind} "
                f"{above.limit}; list the best tier first",
                setting="tiers",
            )
