"""Tiers of entries on the wire, only on boards with tiers."""

from typing import Annotated, Any

from pydantic import Field, StrictInt, StrictStr

from functions.edge.wire.bodies import distance_json, string_json
from functions.edge.wire.fields import PercentOut, RankOut
from functions.edge.wire.models import StrictIn, StrictOut
from functions.edge.wire.rules import FROM_NUMBER
from functions.edge.wire.scores import DistanceOut, ScoreValueIn, ScoreValueOut
from leaderforge.domain.boards import MAX_INTEGER, Board
from leaderforge.domain.tier_rules import MAX_TIER_NAME_LENGTH, PERCENT_DECIMALS
from leaderforge.domain.tiers import LadderTiers, NextTier, ReachedTier, Tier, TierLimit

TierNameOut = Annotated[
    str | None,
    Field(
        description="The tier, only on boards with tiers; null if the entry reaches no tier, or if the rank is null.",
        examples=["gold"],
    ),
]


class NextTierOut(StrictOut):
    """The tier above an entry's tier, and the points or places that the entry lacks to reach it."""

    name: str = Field(examples=["gold"])
    points: DistanceOut = Field(
        1, description="The difference to the tier's score, only on tiers with a limit of scores."
    )
    places: Annotated[int, Field(ge=1)] = Field(
        1, description="The number of places to climb, only on tiers with a limit of ranks or of percent."
    )


class TierIn(StrictIn):
    """A tier of a board. An entry is in the first tier whose limit it reaches. A tier without limit has the rest."""

    name: Annotated[StrictStr, Field(min_length=1, max_length=MAX_TIER_NAME_LENGTH)] = Field(examples=["gold"])
    score: ScoreValueIn | None = Field(None, description="The worst score of the tier.")
    rank: Annotated[StrictInt, Field(ge=1, le=MAX_INTEGER), FROM_NUMBER] | None = Field(
        None, description="The last rank of the tier."
    )
    percent: Annotated[float, Field(gt=0, le=100, strict=True)] | None = Field(
        None,
        description="The last rank of the tier, as a percentage of all ranked players, rounded up to a rank. It has at "
        f"most {PERCENT_DECIMALS} decimals.",
    )


class TierOut(StrictOut):
    """A tier of a board: the entries that reach its limit, and no limit of an earlier tier."""

    name: str = Field(examples=["gold"])
    score: ScoreValueOut = Field(0, description="The worst score of the tier, only on tiers with a limit of scores.")
    rank: RankOut = Field(1, description="The last rank of the tier, only on tiers with a limit of ranks.")
    percent: PercentOut = Field(
        100,
        description="The last rank of the tier as a percentage of all ranked players, only on tiers with such a limit.",
    )


NextTierMember = Annotated[
    NextTierOut | None,
    Field(description="The next tier, only on boards with tiers; null in the first tier, or if the rank is null."),
]


def tier_name(board: Board, score: int, rank: int, total: int) -> str | None:
    """Return the name of the tier of an entry, None if the entry reaches no tier."""
    return board.tiers_among(total).name(score, rank)


def tier_json(tiers: LadderTiers, score: int, rank: int) -> str:
    """Return the JSON member `tier` of an entry, with a comma before it."""
    return f',"tier":{string_json(tiers.name(score, rank))}'


def tier_member(board: Board, score: int, rank: int, total: int) -> str:
    """Return the JSON member `tier` of an entry with a comma before it, an empty text on a board without tiers."""
    return tier_json(board.tiers_among(total), score, rank) if board.tiers else ""


def tier_members(board: Board, score: int, rank: int, total: int) -> str:
    """Return the JSON members `tier` and `next_tier`, each with a comma before it, an empty text without tiers."""
    return reached_tier_members(board.tiers_among(total).reached(score, rank)) if board.tiers else ""


def reached_tier_members(tier: ReachedTier) -> str:
    """Return the JSON members `tier` and `next_tier`, each with a comma before it."""
    return f',"tier":{string_json(tier.name)},"next_tier":{_next_tier_json(tier.above)}'


def _next_tier_json(tier: NextTier | None) -> str:
    if tier is None:
        return "null"
    missing = f'"places":{tier.places}' if tier.points is None else f'"points":{distance_json(tier.points)}'
    return f'{{"name":{string_json(tier.name)},{missing}}}'


def tier_out(board: Board, tier: Tier) -> TierOut:
    """Return a tier of a board."""
    members: dict[str, Any] = dict(tier.members)
    if tier.kind is TierLimit.SCORE:
        members["score"] = board.score_type.json_value(int(tier.limit))
    return TierOut(**members)
