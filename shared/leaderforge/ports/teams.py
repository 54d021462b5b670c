"""Teams, their members, and the contributions of members to the scores of teams."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.players import Player
from leaderforge.domain.standings import LadderStanding
from leaderforge.domain.teams import Contribution, Roster, Team, TeamSpan


class MemberEvent(NamedTuple):
    """Event of a player with this time (ms) on the source of a team board."""

    board_id: int
    user_id: int
    achieved_at: int


class TeamStore(Protocol):
    """Teams and their members. Each change writes its audit entry in the same transaction.

    A player is in at most one team at a time. The spans of a player's memberships stay stored after the player has
    left, because scores belong to the team of their time. An erasure deletes the spans of the player or of the team.
    """

    async def create(self, player: Player, team: Team, act: AuditEntry, joined: AuditEntry | None = None) -> None:
        """Create a team and a player row with its name. The captain, if there is one, becomes a member in it.

        The captain joins at the time of `act`, and `joined` is the audit entry of this. Raises `PlayerExists`,
        `UsernameTaken` or `ExternalIdTaken`, and `PlayerNotFound`, `IsTeam` or `InOtherTeam` for the captain.
        """
        ...

    async def teams(self, team_ids: Collection[int]) -> Mapping[int, Team]:
        """Return the teams that exist, by id."""
        ...

    async def roster(self, team_id: int) -> Roster | None:
        """Return a team with its present members, None if there is no such team."""
        ...

    async def change(self, team_id: int, change: Callable[[Roster], Team], act: AuditEntry) -> Team:
        """Replace a team by the result of `change`. The team is locked meanwhile. Raises `TeamNotFound`."""
        ...

    async def join(
        self, team_id: int, user_id: int, at: int, act: AuditEntry, *, transfers: bool
    ) -> Sequence[TeamSpan]:
        """Add a player at a time (ms), and return the changed spans: the new span, and the span that ended.

        Change nothing if the player is in the team already. With `transfers`, the player leaves another team at the
        same time. Raises `TeamNotFound`, `PlayerNotFound`, `IsTeam`, `TeamFull`, or `InOtherTeam` without `transfers`.
        """
        ...

    async def leave(self, team_id: int, user_id: int, at: int, act: AuditEntry) -> TeamSpan:
        """End the membership of a player at a time (ms), and return its span. Raises `NotInTeam`."""
        ...

    async def spans(self, user_ids: Collection[int]) -> Sequence[TeamSpan]:
        """Return all spans of these players, past spans too, in the order of players and times."""
        ...


class TeamScoreStore(Protocol):
    """Contributions to the scores of teams, and standings of teams. All writes are safe to retry."""

    async def contributions(self, ladder: Ladder, team_ids: Collection[int]) -> Mapping[int, Sequence[Contribution]]:
        """Return the stored contributions to these teams on a ladder, by team. Teams without any are missing."""
        ...

    async def stale(self, ladder: Ladder, source: Board, user_ids: Collection[int]) -> Mapping[int, Collection[int]]:
        """Return, by team, the players whose stored contribution on a ladder differs from the fold of their events."""
        ...

    async def refresh(
        self, ladder: Ladder, source: Board, team_id: int, user_ids: Collection[int]
    ) -> Sequence[LadderStanding]:
        """Compute the contributions of these players to a team on a ladder, then the standing of the team.

        Return the standing if it has changed. Concurrent calls for a team run one after another, and each call reads
        all events that were committed before it. An erased team is ignored.
        """
        ...

    async def submitted_between(self, sources: Collection[Board], since: int, until: int) -> Sequence[MemberEvent]:
        """Return the events on these boards that were recorded at or after `since` and before `until` (ms)."""
        ...

    async def periods_of(self, board: Board, source: Board, user_ids: Collection[int]) -> Mapping[int, Collection[int]]:
        """Return, by period number, the players in `user_ids` who have or may have a contribution on the team board.

        They have a contribution, or are or were in a team and have a standing on the source. A removed submission of a
        period that is over may be the player's only one. If it is restored, no standing of the period changes, and no
        contribution is left.
        """
        ...

    async def members_after(self, user_id: int | None, limit: int) -> Sequence[int]:
        """Return up to `limit` players with ids above `user_id` who are or were in a team, by id."""
        ...

    async def teams_after(self, team_id: int | None, limit: int) -> Sequence[int]:
        """Return up to `limit` ids of teams above `team_id`, by id."""
        ...

    async def reached(self, board: Board) -> int | None:
        """Return the time (ms) up to which the team board is complete, None for a new board."""
        ...

    async def set_reached(self, board: Board, at: int) -> None:
        """Store the time (ms) up to which the team board is complete."""
        ...
