"""Feeds of a board on the wire."""

from typing import Annotated

from pydantic import Field, StrictStr

from functions.edge.wire.fields import BoardName
from functions.edge.wire.models import StrictIn, StrictOut
from leaderforge.domain.numbers import NUMBER_NAME_PATTERN

_BOARD = "The board on which submissions count, too."
_NUMBER = "The name of the number in `numbers` that counts there; null for the score."


class FeedIn(StrictIn):
    """A feed to declare: submissions to the board also count on another one, in the same transaction."""

    board: BoardName = Field(description=_BOARD, examples=["coins"])
    number: Annotated[StrictStr, Field(pattern=f"^{NUMBER_NAME_PATTERN}$")] | None = Field(
        None, description=_NUMBER, examples=["coins"]
    )


class FeedOut(StrictOut):
    """A board on which submissions count, too."""

    board: str = Field(description=_BOARD, examples=["coins"])
    number: str | None = Field(description=_NUMBER, examples=["coins"])
