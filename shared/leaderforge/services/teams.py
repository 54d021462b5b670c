"""Teams: creation, changes, members, and their contributions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import Conflict, PlayerExists, Refused
from leaderforge.domain.name_rules import BASIC_RULES, NameRules
from leaderforge.domain.players import Player, new_user_ids
from leaderforge.domain.presence import required
from leaderforge.domain.team_errors import NotInTeam, TeamNotFound
from leaderforge.domain.teams import (
    DEFAULT_TEAM_SIZE,
    Contribution,
    Joining,
    Roster,
    Team,
    TeamSpan,
    counted_contributions,
    new_team_id,
)
from leaderforge.ports.clock import Clock
from leaderforge.ports.players import PlayerStore
from leaderforge.ports.teams import TeamScoreStore, TeamStore
from leaderforge.services.delivery import Delivery
from leaderforge.services.players import PlayerService
from leaderforge.services.team_scores import TeamScores

_ATTEMPTS = 8
"""Maximum attempts to create a team. New ids are random and may collide."""


@dataclass(frozen=True, slots=True)
class NewTeam:
    """Team to create. Without `team_id`, the team gets a random id."""

    name: str
    captain_id: int | None = None
    max_members: int = DEFAULT_TEAM_SIZE
    joining: Joining = Joining.SERVER
    external_id: str | None = None
    team_id: int | None = None


class TeamChange(TypedDict, total=False):
    """Changes of a team. Values whose keys are absent stay unchanged."""

    name: str
    captain_id: int
    max_members: int
    joining: Joining


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team with its name and its present members, each with the player, in the order of joining."""

    player: Player
    roster: Roster
    members: Sequence[tuple[TeamSpan, Player]]


def hidden_contributions(board: str) -> Refused:
    """Return the error for contributions that the caller may not read, because the board is frozen."""
    return Refused(f"board {board!r} is frozen; contributions are hidden until the end of the freeze", board=board)


@dataclass(frozen=True, slots=True)
class ContributionView:
    """Contribution of a player, who may have left. `counts` is true if the contribution is part of the team's score."""

    contribution: Contribution
    player: Player
    is_member: bool
    counts: bool


class TeamService:
    """Management of teams, and reads of their members. `actor` is the caller's name in the audit log."""

    def __init__(
        self,
        teams: TeamStore,
        scores: TeamScoreStore,
        updates: TeamScores,
        users: PlayerStore,
        players: PlayerService,
        delivery: Delivery,
        clock: Clock,
        *,
        rules: NameRules = BASIC_RULES,
    ) -> None:
        self._teams = teams
        self._scores = scores
        self._updates = updates
        self._users = users
        self._players = players
        self._delivery = delivery
        self._clock = clock
        self._rules = rules

    async def create(self, new: NewTeam, actor: str) -> TeamView:
        """Create a team. Its captain, if there is one, becomes its first member.

        Raises `NameRefused`, `PlayerExists`, `UsernameTaken` or `ExternalIdTaken`, and `PlayerNotFound`, `IsTeam` or
        `InOtherTeam` for the captain. The team is then not created.
        """
        if refusal := self._rules.refusal(new.name):
            raise refusal
        team_id = await self._create(new, actor)
        if new.captain_id is not None:
            await self._updates.refresh_now([new.captain_id])
        return await self.view(team_id)

    async def view(self, team_id: int) -> TeamView:
        """Return a team with its members. Raises `TeamNotFound`."""
        roster = await self.roster(team_id)
        ids = [span.user_id for span in roster.members]
        players = await self._users.get([team_id, *ids])
        if team_id not in players:
            raise TeamNotFound.of(team_id)
        members = [(span, players[span.user_id]) for span in roster.members if span.user_id in players]
        return TeamView(players[team_id], roster, members)

    async def roster(self, team_id: int) -> Roster:
        """Return a team with its members. Raises `TeamNotFound`."""
        return required(await self._teams.roster(team_id), TeamNotFound.of(team_id))

    async def change(self, team_id: int, changes: TeamChange, actor: str) -> TeamView:
        """Change a team. Raises `TeamNotFound`, `NotInTeam` for a captain who is no member, and errors about the name.

        Also raises `Conflict` for a maximum below the number of members.
        """
        roster = await self.roster(team_id)
        self._changed(roster, changes)
        if "name" in changes:
            await self._players.change(team_id, {"username": changes["name"]}, actor)
        details = {name: value for name, value in changes.items() if name != "name"}
        if details:
            act = AuditEntry(self._clock(), actor, "team.change", user_id=team_id, details=details)
            await self._teams.change(team_id, lambda locked: self._changed(locked, changes), act)
        return await self.view(team_id)

    async def join(self, team_id: int, user_id: int, actor: str, *, transfers: bool) -> Sequence[TeamSpan]:
        """Add a player to a team. See `TeamStore.join`."""
        act = self._act("team.join", user_id, actor, team_id)
        changed = await self._teams.join(team_id, user_id, act.at, act, transfers=transfers)
        await self._updates.refresh_now([user_id])
        return changed

    async def leave(self, team_id: int, user_id: int, actor: str) -> TeamSpan:
        """End the membership of a player. Raises `NotInTeam`."""
        act = self._act("team.leave", user_id, actor, team_id)
        span = await self._teams.leave(team_id, user_id, act.at, act)
        await self._updates.refresh_now([user_id])
        return span

    async def spans(self, user_id: int) -> Sequence[tuple[TeamSpan, Player]]:
        """Return the spans of a player, the latest first, each with the account of the team. Leave out erased teams."""
        spans = await self._teams.spans([user_id])
        teams = await self._users.get({span.team_id for span in spans}) if spans else {}
        return [(span, teams[span.team_id]) for span in reversed(spans) if span.team_id in teams]

    async def contributions(self, ladder: Ladder, team_id: int) -> Sequence[ContributionView]:
        """Return the contributions to a team on a team board, best first. Contributions that do not count come last.

        Raises `TeamNotFound`, also if the board ranks players. Raises `Refused` while the board is frozen for the
        caller, because past contributions are not stored.
        """
        if ladder.board.team is None:
            message = f"board {ladder.board.slug!r} ranks players, not teams; use a team board"
            raise TeamNotFound(message, board=ladder.board.slug, team_id=team_id)
        if ladder.at is not None:
            raise hidden_contributions(ladder.board.slug)
        present = {span.user_id for span in (await self.roster(team_id)).members}
        stored = (await self._scores.contributions(ladder, [team_id])).get(team_id, ())
        counted = counted_contributions(ladder.board, ladder.board.team, stored)
        ids = [c.user_id for c in counted]
        ordered = [*counted, *(c for c in stored if c.user_id not in ids)]
        players = await self._users.get([c.user_id for c in ordered]) if ordered else {}
        return [
            ContributionView(c, players[c.user_id], c.user_id in present, c.user_id in ids)
            for c in ordered
            if c.user_id in players
        ]

    async def _create(self, new: NewTeam, actor: str) -> int:
        """Store a team with its captain as the only member, or without members, and return its id."""
        for attempt in range(1, _ATTEMPTS + 1):
            now = self._clock()
            team_id = new_team_id(new_user_ids(now)[0]) if new.team_id is None else new.team_id
            player = Player(team_id, new.name, None, now, new.external_id)
            team = Team(team_id, new.captain_id, new.max_members, new.joining)
            act = AuditEntry(now, actor, "team.create", user_id=team_id)
            joined = None if new.captain_id is None else self._act("team.join", new.captain_id, actor, team_id)
            try:
                await self._teams.create(player, team, act, joined)
            except PlayerExists:
                if attempt == _ATTEMPTS or new.team_id is not None:
                    raise
                continue
            await self._delivery.created([player])
            return team_id
        raise AssertionError("unreachable")

    def _changed(self, roster: Roster, changes: TeamChange) -> Team:
        """Return the changed team. Raises `NotInTeam` or `Conflict`."""
        team = roster.team
        captain_id = changes.get("captain_id", team.captain_id)
        if "captain_id" in changes and captain_id not in {span.user_id for span in roster.members}:
            raise NotInTeam.of(team.team_id, changes["captain_id"])
        if (limit := changes.get("max_members", team.max_members)) < len(roster.members):
            message = f"team {team.team_id} has {len(roster.members)} members; max_members cannot be {limit}"
            raise Conflict(message, team_id=team.team_id, members=len(roster.members))
        joining = changes.get("joining", team.joining)
        return replace(team, captain_id=captain_id, max_members=limit, joining=joining)

    def _act(self, action: str, user_id: int, actor: str, team_id: int) -> AuditEntry:
        return AuditEntry(self._clock(), actor, action, user_id=user_id, details={"team_id": team_id})
