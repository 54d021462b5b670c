"""Teams: creating, changing, joining and reading them."""

from typing import Annotated

from fastapi import Query

from functions.edge.access.security import Anyone, ServerSubmitter, Submitter
from functions.edge.context import Edge
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import Answer, answer_stored, answer_written
from functions.edge.wire.fields import BoardName, TeamId, UserId
from functions.edge.wire.periods import PeriodQuery
from functions.edge.wire.teams import (
    ContributionsOut,
    PlayedTeamsOut,
    TeamChangesIn,
    TeamIn,
    TeamOut,
    render_contributions,
    render_played_teams,
    render_team,
)
from leaderforge.domain.boards import Board
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import (
    BoardNotFound,
    Conflict,
    ExternalIdTaken,
    PeriodNotFound,
    PlayerExists,
    PlayerNotFound,
    StoreUnavailable,
    UsernameTaken,
)
from leaderforge.domain.team_access import require_addition, require_change, require_removal
from leaderforge.domain.team_errors import InOtherTeam, IsTeam, NotInTeam, TeamFull, TeamNotFound
from leaderforge.services.freezing import frozen_at
from leaderforge.services.teams import hidden_contributions

routes = router("teams")

_LOCATION = {"Location": {"description": "The path of the team.", "schema": {"type": "string"}, "required": True}}
_CREATED = 201


@routes.post(
    "/api/teams",
    operation_id="createTeam",
    **documentation.write(
        TeamOut,
        PlayerExists,
        PlayerNotFound,
        UsernameTaken,
        ExternalIdTaken,
        InOtherTeam,
        IsTeam,
        StoreUnavailable,
        status=_CREATED,
        headers=_LOCATION,
    ),
)
async def create(edge: TheEdge, caller: ServerSubmitter, team: TeamIn) -> Answer:
    """Create a team. Requires a submit key. The captain, if there is one, becomes its first member."""
    view = await edge.services.teams.rosters.create(team.new_team(), caller.actor)
    location = (b"location", b"/api/teams/%d" % view.roster.team.team_id)
    return answer_written(render_team(view), status=_CREATED, headers=[location])


@routes.get(
    "/api/teams/{team_id}",
    operation_id="getTeam",
    **documentation.read(TeamOut, TeamNotFound, StoreUnavailable),
)
async def team(edge: TheEdge, caller: Anyone, team_id: TeamId) -> Answer:
    """Return a team with its members."""
    return answer_stored(render_team(await edge.services.teams.rosters.view(team_id)))


@routes.patch(
    "/api/teams/{team_id}",
    operation_id="changeTeam",
    **documentation.write(TeamOut, TeamNotFound, NotInTeam, UsernameTaken, Conflict, StoreUnavailable),
)
async def change(edge: TheEdge, caller: Submitter, team_id: TeamId, changes: TeamChangesIn) -> Answer:
    """Rename a team, appoint another captain, or change its size and who adds members.

    Requires a submit key or the captain's token.
    """
    require_change(caller, await edge.services.teams.rosters.roster(team_id))
    return answer_written(
        render_team(await edge.services.teams.rosters.change(team_id, changes.changes(), caller.actor))
    )


@routes.put(
    "/api/teams/{team_id}/members/{user_id}",
    operation_id="joinTeam",
    **documentation.change(TeamOut, TeamNotFound, PlayerNotFound, IsTeam, TeamFull, InOtherTeam, StoreUnavailable),
)
async def join(edge: TheEdge, caller: Submitter, team_id: TeamId, user_id: UserId) -> Answer:
    """Add a player to a team. Requires a submit key or, as the team's `joining` says, the player's or captain's token.

    A player in another team leaves it at the same moment. A captain may only add players without a team. Scores of
    before do not move. Adding a member again changes nothing.
    """
    rosters = edge.services.teams.rosters
    transfers = require_addition(caller, await rosters.roster(team_id), user_id)
    await rosters.join(team_id, user_id, caller.actor, transfers=transfers)
    return answer_written(render_team(await rosters.view(team_id)))


@routes.delete(
    "/api/teams/{team_id}/members/{user_id}",
    operation_id="removeTeamMember",
    **documentation.change(TeamOut, TeamNotFound, PlayerNotFound, NotInTeam, StoreUnavailable),
)
async def leave(edge: TheEdge, caller: Submitter, team_id: TeamId, user_id: UserId) -> Answer:
    """End the membership of a player. Requires a submit key, or the player's or the captain's token.

    The scores that the player has made in the team stay with the team.
    """
    rosters = edge.services.teams.rosters
    require_removal(caller, await rosters.roster(team_id), user_id)
    await rosters.leave(team_id, user_id, caller.actor)
    return answer_written(render_team(await rosters.view(team_id)))


@routes.get(
    "/api/users/{user_id}/teams",
    operation_id="listTeams",
    **documentation.read(PlayedTeamsOut, StoreUnavailable),
)
async def teams(edge: TheEdge, caller: Anyone, user_id: UserId) -> Answer:
    """Return the teams in which a player is or was, the latest first."""
    return answer_stored(render_played_teams(user_id, await edge.services.teams.rosters.spans(user_id)))


@routes.get(
    "/api/boards/{board}/teams/{team_id}",
    operation_id="getContributions",
    **documentation.read(ContributionsOut, BoardNotFound, PeriodNotFound, TeamNotFound, StoreUnavailable),
)
async def contributions(
    edge: TheEdge, caller: Anyone, board: BoardName, team_id: TeamId, query: Annotated[PeriodQuery, Query()]
) -> Answer:
    """Return what each player contributes to the score of a team on a team board.

    Players who have left are included, because their scores stay with the team. Hidden players are not. The caller
    must have the right to read the board's source. While the board or its source is frozen, only admins may read them.
    """
    ladder = await edge.readable_ladder(board, caller, query.period)
    await _require_readable_source(edge, ladder.board, caller)
    stored = await edge.services.teams.rosters.contributions(ladder, team_id)
    return answer_stored(render_contributions(ladder, team_id, stored, caller))


async def _require_readable_source(edge: Edge, board: Board, caller: Caller) -> None:
    """Raise an error unless the caller may read the present scores of a team board's source: the contributions.

    Raises `Unauthenticated` or `Forbidden` for a private source, and `Refused` for a source that is frozen.
    """
    if board.team is not None:
        source = await edge.board_unchecked(board.team.source)
        caller.require_read(source)
        if frozen_at(source, caller, edge.services.clock()) is not None:
            raise hidden_contributions(source.slug)
