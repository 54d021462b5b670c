"""Rules of tournaments on the wire, a part of the board's settings."""

from typing import Annotated

from pydantic import ConfigDict, Field, StrictBool, StrictInt

from functions.edge.wire.fields import CountOut, TimeIn, TimeOut
from functions.edge.wire.models import StrictIn, StrictOut
from functions.edge.wire.rules import FROM_NUMBER
from leaderforge.domain.tournament_rules import (
    MAX_ATTEMPTS,
    MAX_BRACKET_SIZE,
    MAX_EARLY_ENDS,
    MAX_ENTRANTS,
    MAX_GRACE_S,
    MAX_LENGTH_S,
    MIN_BRACKET_SIZE,
)

_Length = Annotated[StrictInt, Field(ge=1, le=MAX_LENGTH_S), FROM_NUMBER]


class TournamentIn(StrictIn):
    """Rules of a tournament: with a start and an end, or recurring with a duration."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"starts_at": "2026-12-05T18:00:00Z", "ends_at": "2026-12-06T18:00:00Z", "max_attempts": 3}]
        }
    )

    starts_at: TimeIn | None = Field(None, description="The start of a tournament that takes place once.")
    ends_at: TimeIn | None = Field(
        None, description="The end of a tournament that takes place once. Scores of this time do not count."
    )
    duration_s: _Length | None = Field(
        None,
        description="The duration of a recurring tournament, in seconds. It begins with each season of the board, and "
        "ends with the season at the latest.",
    )
    join_required: StrictBool = Field(
        False, description="Whether players must join before they submit. Otherwise the first submission joins."
    )
    max_entrants: Annotated[StrictInt, Field(ge=1, le=MAX_ENTRANTS), FROM_NUMBER] | None = Field(
        None, description="The maximum number of players who can join."
    )
    max_attempts: Annotated[StrictInt, Field(ge=1, le=MAX_ATTEMPTS), FROM_NUMBER] | None = Field(
        None, description="The number of submissions of a player that count."
    )
    attempt_window_s: _Length | None = Field(
        None, description="The time from a player's first attempt, in seconds, in which further attempts count."
    )
    bracket_size: Annotated[StrictInt, Field(ge=MIN_BRACKET_SIZE, le=MAX_BRACKET_SIZE), FROM_NUMBER] | None = Field(
        None,
        description="The number of players in a bracket. Brackets fill in the order of joining. A size that is set "
        "cannot change.",
    )
    late_grace_s: Annotated[StrictInt, Field(ge=0, le=MAX_GRACE_S), FROM_NUMBER] = Field(
        0, description="The time after the end, in seconds, in which scores count that were achieved before the end."
    )
    early_ends: Annotated[list[TimeIn], Field(max_length=MAX_EARLY_ENDS)] = Field(
        [], description="Times at which the tournament ends early, if it is open then."
    )


class TournamentRulesOut(StrictOut):
    """Rules of a tournament."""

    starts_at: TimeOut | None
    ends_at: TimeOut | None
    duration_s: CountOut | None
    join_required: bool
    max_entrants: CountOut | None
    max_attempts: CountOut | None
    attempt_window_s: CountOut | None
    bracket_size: CountOut | None
    late_grace_s: CountOut
    early_ends: list[TimeOut]
