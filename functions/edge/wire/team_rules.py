"""Rules of team boards on the wire."""

from typing import Annotated

from pydantic import Field, StrictInt

from functions.edge.wire.fields import BoardName, CountOut
from functions.edge.wire.models import StrictIn, StrictOut
from functions.edge.wire.rules import FROM_NUMBER
from leaderforge.domain.team_rules import MAX_COUNTED_MEMBERS, TeamFunction

_FUNCTION = "How the scores of the members combine: the `sum` of all, of the `best` few, or their `mean`."
_MEMBERS = "For `best`, how many members count. For `mean`, how many members with a score a team needs to be ranked."


class TeamRulesIn(StrictIn):
    """Rules of a team board."""

    source: BoardName = Field(description="The board with the scores of the members.", examples=["default"])
    function: TeamFunction = Field(TeamFunction.SUM, description=_FUNCTION)
    members: Annotated[StrictInt, Field(ge=1, le=MAX_COUNTED_MEMBERS), FROM_NUMBER] | None = Field(
        None, description=f"{_MEMBERS} Not for `sum`."
    )


class TeamRulesOut(StrictOut):
    """Rules of a team board."""

    source: str = Field(description="The board with the scores of the members.", examples=["default"])
    function: TeamFunction = Field(description=_FUNCTION)
    members: CountOut | None = Field(None, description=f"{_MEMBERS} Null for `sum`.")
