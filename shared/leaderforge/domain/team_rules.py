"""Rules of team boards: the source of the scores, and the function that combines them."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from leaderforge.domain.errors import Refused

MAX_COUNTED_MEMBERS = 500
"""Maximum number of members of a team, and also maximum of `TeamRules.members`."""


class TeamFunction(StrEnum):
    """Function that computes the score of a team from the contributions of its members.

    `sum`: the sum of all. `best`: the sum of the best `TeamRules.members` contributions. `mean`: the mean of all, if
    there are at least `TeamRules.members` of them.
    """

    SUM = "sum"
    BEST = "best"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class TeamRules:
    """Rules of a team board.

    `source` is the slug of the board with the scores of the members. `members` is the number of contributions that the
    function `best` adds up, and the minimum number for the function `mean`. The function `sum` has no `members`.
    """

    source: str
    function: TeamFunction = TeamFunction.SUM
    members: int | None = None

    @property
    def as_json(self) -> dict[str, object]:
        """Return the rules as a JSON object."""
        rules: dict[str, object] = {"source": self.source, "function": str(self.function)}
        return rules if self.members is None else {**rules, "members": self.members}

    def __str__(self) -> str:
        """Return the rules as JSON text."""
        return json.dumps(self.as_json)


def team_rules_of(values: Any) -> TeamRules:
    """Return the team rules that a JSON object describes. Raises `Refused` if the object is not valid."""
    if not isinstance(values, dict) or not isinstance(values.get("source"), str):
        raise Refused('team: must be an object with a source, such as {"source": "default"}', setting="team")
    if unknown := values.keys() - {"source", "function", "members"}:
        raise Refused(f"team: unknown member {min(unknown)!r}; use source, function and members", setting="team")
    function = values.get("function", TeamFunction.SUM)
    if function not in set(TeamFunction):
        raise Refused(f"team: unknown function {function!r}; use one of {', '.join(TeamFunction)}", setting="team")
    rules = TeamRules(values["source"], TeamFunction(function), values.get("members"))
    _require_members(rules)
    return rules


def _require_members(rules: TeamRules) -> None:
    if rules.function is TeamFunction.SUM:
        if rules.members is not None:
            raise Refused("team: the function sum counts all members; remove members", setting="team")
        return
    members = rules.members
    if not isinstance(members, int) or isinstance(members, bool) or not 1 <= members <= MAX_COUNTED_MEMBERS:
        message = f"team: members must be 1 to {MAX_COUNTED_MEMBERS} for the function {rules.function}, not {members}"
        raise Refused(message, setting="team")
