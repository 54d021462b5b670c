"""Teams on the wire."""

from collections.abc import Iterable, Sequence
from typing import Annotated, cast

from pydantic import ConfigDict, Field, StrictInt

from functions.edge.wire.bodies import JsonBody, string_json, truth_json
from functions.edge.wire.fields import CountOut, ExternalIdIn, ExternalIdOut, IntegerOut, PlayerIdIn, TimeOut
from functions.edge.wire.models import StrictIn, StrictOut
from functions.edge.wire.periods import PeriodNameOut
from functions.edge.wire.players import Username
from functions.edge.wire.rules import FROM_NUMBER
from leaderforge.domain.boards import MAX_INTEGER, Ladder
from leaderforge.domain.callers import Caller
from leaderforge.domain.players import Player
from leaderforge.domain.teams import DEFAULT_TEAM_SIZE, MAX_TEAM_SIZE, Joining, TeamSpan
from leaderforge.domain.times import time_text
from leaderforge.services.teams import ContributionView, NewTeam, TeamChange, TeamView

_Size = Annotated[StrictInt, Field(ge=1, le=MAX_TEAM_SIZE), FROM_NUMBER]
_SIZE = "The maximum number of members."
_JOINING = (
    "Who adds members, besides submit keys: the players themselves (`open`), the captain (`captain`), or nobody else "
    "(`server`)."
)


class TeamIn(StrictIn):
    """A team to create."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "reds", "captain_id": 123, "joining": "open"}]})

    name: Username = Field(description="The team's name. Names of teams and players are unique together.")
    team_id: Annotated[StrictInt, Field(ge=-MAX_INTEGER, le=-1), FROM_NUMBER] | None = Field(
        None, description="The team's id, a negative number. Generated if absent."
    )
    external_id: ExternalIdIn | None = Field(None, description="The team's id in another system. Unique.")
    captain_id: PlayerIdIn | None = Field(None, description="The captain, and the first member.")
    max_members: _Size = Field(DEFAULT_TEAM_SIZE, description=_SIZE)
    joining: Joining = Field(Joining.SERVER, description=_JOINING)

    def new_team(self) -> NewTeam:
        """Return the team to create."""
        return NewTeam(self.name, self.captain_id, self.max_members, self.joining, self.external_id, self.team_id)


class TeamChangesIn(StrictIn):
    """Values of a team to change. Absent ones stay unchanged."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "crimsons"}, {"captain_id": 123}]})

    name: Username = Field("", description="The team's new name.", json_schema_extra={"default": None})
    captain_id: PlayerIdIn = Field(0, description="The new captain, who must be a member.")
    max_members: _Size = Field(DEFAULT_TEAM_SIZE, description=f"{_SIZE} Not below the present number.")
    joining: Joining = Field(Joining.SERVER, description=_JOINING)

    def changes(self) -> TeamChange:
        """Return the changes: only the JSON members that the client has sent."""
        return cast(TeamChange, self.model_dump(exclude_unset=True))


class _TeamPlayerOut(StrictOut):
    user_id: IntegerOut
    username: str | None = Field(description="The player's name; null if it has none.", examples=["ada"])
    external_id: ExternalIdOut = ""


class TeamMemberOut(_TeamPlayerOut):
    """A member of a team."""

    joined_at: TimeOut


class TeamOut(StrictOut):
    """A team with its members."""

    team_id: IntegerOut = Field(examples=[-456])
    name: str | None = Field(examples=["reds"])
    external_id: str | None = Field(description="The team's id in another system.", examples=["clan-7"])
    captain_id: IntegerOut | None = Field(
        description="The captain. If the captain leaves, the member who joined first follows."
    )
    max_members: CountOut
    joining: Joining
    created_at: TimeOut
    members: list[TeamMemberOut] = Field(description="The members, in the order of joining.")


class PlayedTeamOut(StrictOut):
    """A team in which a player is or was."""

    team_id: IntegerOut
    name: str | None = Field(examples=["reds"])
    joined_at: TimeOut
    left_at: TimeOut | None = Field(description="The time at which the player left; null for a member.")


class PlayedTeamsOut(StrictOut):
    """The teams of a player, the latest first. A player is in at most one team at a time."""

    user_id: IntegerOut
    teams: list[PlayedTeamOut]


class ContributionOut(_TeamPlayerOut):
    """What a player contributes to the score of a team in a period."""

    score: IntegerOut = Field(description="The player's score from the times in which the player was in the team.")
    submissions: CountOut
    achieved_at: TimeOut
    member: bool = Field(description="Whether the player is a member now.")
    counts: bool = Field(description="Whether the score is a part of the team's score.")
    hidden: bool = Field(False, description="Whether the player is hidden. Only moderators see such players.")


class ContributionsOut(StrictOut):
    """The contributions to the score of a team."""

    board: str = Field(examples=["default"])
    period: PeriodNameOut
    team_id: IntegerOut
    contributions: list[ContributionOut] = Field(description="The contributions that count first, best first.")


def render_team(view: TeamView) -> JsonBody:
    """Return the body that describes a team and its members."""
    player, team = view.player, view.roster.team
    captain_id = view.roster.captain_id
    members = ",".join(
        [f'{{{_player(member)},"joined_at":"{time_text(span.joined_at)}"}}' for span, member in view.members]
    )
    return JsonBody(
        f'{{"team_id":{team.team_id},"name":{string_json(player.username)},'
        f'"external_id":{string_json(player.external_id)},'
        f'"captain_id":{"null" if captain_id is None else captain_id},"max_members":{team.max_members},'
        f'"joining":"{team.joining}","created_at":"{time_text(player.created_at)}","members":[{members}]}}'
    )


def render_played_teams(user_id: int, spans: Iterable[tuple[TeamSpan, Player]]) -> JsonBody:
    """Return the body with the teams in which a player is or was."""
    teams = ",".join([f"{{{played_team_members(span, team)}}}" for span, team in spans])
    return JsonBody(f'{{"user_id":{user_id},"teams":[{teams}]}}')


def played_team_members(span: TeamSpan, team: Player) -> str:
    """Return the JSON members that describe a player's time in a team, without the braces of an object."""
    left_at = "null" if span.left_at is None else f'"{time_text(span.left_at)}"'
    return (
        f'"team_id":{span.team_id},"name":{string_json(team.username)},"joined_at":"{time_text(span.joined_at)}",'
        f'"left_at":{left_at}'
    )


def render_contributions(
    ladder: Ladder, team_id: int, contributions: Sequence[ContributionView], viewer: Caller
) -> JsonBody:
    """Return the body with the contributions to a team's score that the viewer may see."""
    visible = [c for c in contributions if not c.contribution.hidden or viewer.sees_hidden(c.contribution.user_id)]
    rendered = ",".join([_contribution(item, marks_hidden=viewer.views_console) for item in visible])
    return JsonBody(
        f'{{"board":"{ladder.board.slug}","period":"{ladder.period_name}","team_id":{team_id},'
        f'"contributions":[{rendered}]}}'
    )


def _contribution(item: ContributionView, *, marks_hidden: bool) -> str:
    values = item.contribution
    hidden = ',"hidden":true' if marks_hidden and values.hidden else ""
    return (
        f'{{{_player(item.player)},"score":{values.score},"submissions":{values.submissions},'
        f'"achieved_at":"{time_text(values.achieved_at)}","member":{truth_json(item.is_member)},'
        f'"counts":{truth_json(item.counts)}{hidden}}}'
    )


def _player(player: Player) -> str:
    external = "" if player.external_id is None else f',"external_id":{string_json(player.external_id)}'
    return f'"user_id":{player.user_id},"username":{string_json(player.username)}{external}'
