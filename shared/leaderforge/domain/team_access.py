"""Rights of callers to change teams and their members."""

from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import Forbidden
from leaderforge.domain.permissions import Permission
from leaderforge.domain.teams import Joining, Roster

_WHO_ADDS = {
    Joining.OPEN: "only players themselves and submit keys add members",
    Joining.CAPTAIN: "only its captain and submit keys add members",
    Joining.SERVER: "only submit keys add members",
}


def require_change(caller: Caller, roster: Roster) -> None:
    """Raise `Forbidden` unless the caller may change the team. Its captain and submit keys may."""
    if not _is_server(caller) and not _is_captain(caller, roster):
        team_id = roster.team.team_id
        raise Forbidden(f"this call needs scope 'submit' or a token of the captain of team {team_id}", team_id=team_id)


def require_addition(caller: Caller, roster: Roster, user_id: int) -> bool:
    """Return whether the player may leave another team for this team.

    Raises `Forbidden` unless the caller may add the player. A captain may only add players without a team.
    """
    if _is_server(caller):
        return True
    joining, team_id = roster.team.joining, roster.team.team_id
    if joining is Joining.OPEN and caller.is_player(user_id):
        return True
    if joining is Joining.CAPTAIN and _is_captain(caller, roster):
        return False
    raise Forbidden(f"team {team_id} has joining {joining}: {_WHO_ADDS[joining]}", team_id=team_id, joining=joining)


def require_removal(caller: Caller, roster: Roster, user_id: int) -> None:
    """Raise `Forbidden` unless the caller may end the membership. The player, the captain and submit keys may."""
    if not caller.is_player(user_id):
        require_change(caller, roster)


def _is_server(caller: Caller) -> bool:
    return caller.may(Permission.SUBMIT)


def _is_captain(caller: Caller, roster: Roster) -> bool:
    return roster.captain_id is not None and caller.is_player(roster.captain_id)
