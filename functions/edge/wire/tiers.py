"""Tiers of entries on the wire, only on boards with tiers."""

from typing import Annotated

from pydantic import Field

from functions.edge.wire.bodies import string_json
from functions.edge.wire.models import StrictOut
from leaderforge.domain.boards import Board
from leaderforge.domain.tiers import LadderTiers, NextTier, ReachedTier

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
    points: Annotated[int, Field(ge=1)] = Field(
        1, description="The difference to the tier's score, only on tiers with a limit of scores."
    )
    places: Annotated[int, Field(ge=1)] = Field(
        1, description="The number of places to climb, only on tiers with a limit of ranks or of percent."
    )


NextTierMember = Annotated[
    NextTierOut | None,
    Field(description="The next tier, only on boards with tiers; null in the first tier, or if the rank is null."),
]


def tier_name(board: Board, score: int, rank: int, total: int) -> str | None:
    """Return the name of the tier of an entry, None if it reaches no tier."""
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
    missing = f'"places":{tier.places}' if tier.points is None else f'"points":{tier.points}'
    return f'{{"name":{string_json(tier.name)},{missing}}}'
