"""Errors of teams."""

from leaderforge.domain.errors import Conflict, NotFound, Refused


class TeamNotFound(NotFound):
    """No team has the requested id."""

    code = "team_not_found"

    @classmethod
    def of(cls, team_id: int) -> "TeamNotFound":
        """Return the error for an id without a team."""
        return cls(f"there is no team {team_id}", team_id=team_id)


class NotInTeam(NotFound):
    """The player is not a member of the team."""

    code = "not_in_team"

    @classmethod
    def of(cls, team_id: int, user_id: int) -> "NotInTeam":
        """Return the error for a player who is no member."""
        return cls(f"player {user_id} is not in team {team_id}", team_id=team_id, user_id=user_id)


class TeamFull(Conflict):
    """The team has its maximum number of members."""

    code = "team_full"

    @classmethod
    def of(cls, team_id: int, limit: int) -> "TeamFull":
        """Return the error for a team that has reached the maximum, `limit`, of members."""
        return cls(f"team {team_id} has all of its {limit} members", team_id=team_id, limit=limit)


class InOtherTeam(Conflict):
    """The player is in another team, and the caller may not take the player out of it."""

    code = "in_other_team"

    @classmethod
    def of(cls, user_id: int) -> "InOtherTeam":
        """Return the error for a player in another team."""
        return cls(f"player {user_id} is in another team; the player must leave it first", user_id=user_id)


class IsTeam(Refused):
    """The id belongs to a team, and the call needs a player."""

    code = "is_team"

    @classmethod
    def of(cls, team_id: int) -> "IsTeam":
        """Return the error for the id of a team."""
        return cls(f"{team_id} is a team; use the id of a player", user_id=team_id)


class ScoredByMembers(Refused):
    """The board is a team board, whose scores come from its source."""

    code = "scored_by_members"

    @classmethod
    def of(cls, slug: str, source: str, advice: str = "submit the scores of members there") -> "ScoredByMembers":
        """Return the error for a score on the team board `slug` with this source."""
        return cls(f"board {slug!r} ranks teams by the scores of board {source!r}; {advice}", board=slug, source=source)

    @classmethod
    def removal(cls, slug: str, source: str) -> "ScoredByMembers":
        """Return the error for the removal of a team's entry on the team board `slug` with this source."""
        return cls.of(slug, source, "hide the team, or remove the entries or submissions of members there")
