"""Tiebreakers of a board on the wire."""

from typing import Annotated

from pydantic import Field, StrictStr

from functions.edge.wire.fields import IntegerIn, IntegerOut
from functions.edge.wire.models import StrictIn, StrictOut
from leaderforge.domain.boards import Order
from leaderforge.domain.numbers import NUMBER_NAME_PATTERN

_NAME = "The name of a number in `numbers` of submissions."
_ORDER = "Whether high (`desc`) or low (`asc`) numbers lead."
_LEAST, _GREATEST = "The least number that is accepted.", "The greatest number that is accepted."


class TiebreakerIn(StrictIn):
    """A tiebreaker to declare: a named number that orders entries with equal scores."""

    name: Annotated[StrictStr, Field(pattern=f"^{NUMBER_NAME_PATTERN}$")] = Field(
        description=_NAME, examples=["time_ms"]
    )
    order: Order = Field(description=_ORDER, examples=["asc"])
    min: IntegerIn = Field(0, description=_LEAST)
    max: IntegerIn = Field(description=_GREATEST, examples=[3600000])


class TiebreakerOut(StrictOut):
    """A named number that orders entries with equal scores."""

    name: str = Field(description=_NAME, examples=["time_ms"])
    order: Order = Field(description=_ORDER)
    min: IntegerOut = Field(description=_LEAST, examples=[0])
    max: IntegerOut = Field(description=_GREATEST, examples=[3600000])
