"""The wire shapes of what moderators send."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from functions.edge.inputs import Integer, Limit, Metadata, Period, PeriodQuery, UserId
from functions.edge.models import QueryIn, StrictIn

Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        pattern=r"^[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        description="Why, for the audit log: 1 to 500 characters, not beginning with a blank.",
        examples=["scores that nobody can reach"],
    ),
]


class ReasonIn(StrictIn):
    """Why something is done."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "scores that nobody can reach"}]})

    reason: Reason


class ScoreIn(ReasonIn):
    """The score that a player is to have."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"score": 500, "reason": "lost in an outage"}]})

    score: Integer = Field(description="The board's limits do not apply to it.")
    subscore: Integer | None = Field(None, description="The second score, on boards that have one; 0 if absent.")
    metadata: Metadata | None = Field(None, description="What to show beside the score.")


class RemovalQuery(QueryIn):
    reason: Reason
    period: Period | SkipJsonSchema[None] = Field(
        None, description="Remove the entry of this period alone; without it, all scores so far stop counting."
    )


class HiddenQuery(PeriodQuery):
    limit: Limit = 50
    after: UserId | SkipJsonSchema[None] = Field(None, description="A page's `next`.")
