"""Refusal of the ids of teams where a player is needed."""

from collections.abc import Collection, Sequence

from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.submissions import Submission
from leaderforge.domain.team_errors import IsTeam
from leaderforge.domain.teams import is_team_id
from leaderforge.ports.teams import TeamStore


async def team_ids_among(teams: TeamStore | None, user_ids: Collection[int]) -> Collection[int]:
    """Return the ids among `user_ids` that belong to teams. Without a store, there are no teams."""
    ids = {user_id for user_id in user_ids if is_team_id(user_id)}
    return await teams.teams(ids) if ids and teams is not None else ()


async def of_players(
    teams: TeamStore | None, submissions: Sequence[Submission | LeaderForgeError]
) -> Sequence[Submission | LeaderForgeError]:
    """Return the submissions, with an error in place of each submission for a team. Errors stay.

    Nobody may submit for a team, because the scores of teams come from their members.
    """
    found = await team_ids_among(teams, [s.event.user_id for s in submissions if isinstance(s, Submission)])
    if not found:
        return submissions
    return [
        IsTeam.of(s.event.user_id) if isinstance(s, Submission) and s.event.user_id in found else s for s in submissions
    ]
