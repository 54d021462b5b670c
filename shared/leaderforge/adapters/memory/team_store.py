"""In-memory teams and their members."""

from collections.abc import Callable, Collection, Mapping, Sequence

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import LeaderForgeError, PlayerNotFound
from leaderforge.domain.players import Player
from leaderforge.domain.presence import required
from leaderforge.domain.team_errors import InOtherTeam, IsTeam, NotInTeam, TeamFull, TeamNotFound
from leaderforge.domain.teams import Roster, Team, TeamSpan, joining_order, next_span


class MemoryTeamStore:
    """`TeamStore` in dicts."""

    def __init__(self, scores: MemoryScoreStore, users: MemoryPlayerStore, audit: MemoryAuditLog) -> None:
        self._users = users
        self._audit = audit
        self._teams: dict[int, Team] = {}
        self.all_spans: list[TeamSpan] = []
        """All spans of all players, in any order."""
        scores.on_erasure.append(self._erase)

    async def create(self, player: Player, team: Team, act: AuditEntry, joined: AuditEntry | None = None) -> None:
        if team.captain_id is not None and self._current(team.captain_id) is not None:
            raise InOtherTeam.of(team.captain_id)
        if team.captain_id in self._teams:
            raise IsTeam.of(team.captain_id)
        [outcome] = await self._users.create([player])
        if isinstance(outcome, LeaderForgeError):
            raise outcome
        self._teams[team.team_id] = team
        self._users.touch(team.team_id)
        self._audit.write(act)
        if team.captain_id is not None:
            self._open([], team.captain_id, team.team_id, act.at)
            self._users.touch(team.captain_id)
        if joined is not None:
            self._audit.write(joined)

    async def teams(self, team_ids: Collection[int]) -> Mapping[int, Team]:
        return {i: self._teams[i] for i in team_ids if i in self._teams}

    async def roster(self, team_id: int) -> Roster | None:
        team = self._teams.get(team_id)
        if team is None:
            return None
        present = [span for span in self.all_spans if span.team_id == team_id and span.left_at is None]
        return Roster(team, sorted(present, key=joining_order))

    async def change(self, team_id: int, change: Callable[[Roster], Team], act: AuditEntry) -> Team:
        team = self._teams[team_id] = change(await self._require(team_id))
        self._users.touch(team_id)
        self._audit.write(act)
        return team

    async def join(
        self, team_id: int, user_id: int, at: int, act: AuditEntry, *, transfers: bool
    ) -> Sequence[TeamSpan]:
        current = self._current(user_id)
        if current is not None and current.team_id == team_id:
            return self._note(user_id, act, [])
        if current is not None and not transfers:
            raise InOtherTeam.of(user_id)
        roster = await self._require(team_id)
        if user_id in self._teams:
            raise IsTeam.of(user_id)
        if roster.is_full:
            raise TeamFull.of(team_id, roster.team.max_members)
        self._teams[team_id] = roster.present_team
        changed = [] if current is None else [self._close(current, at)]
        return self._note(user_id, act, [*changed, self._open(changed, user_id, team_id, at)])

    async def leave(self, team_id: int, user_id: int, at: int, act: AuditEntry) -> TeamSpan:
        current = self._current(user_id)
        if current is None or current.team_id != team_id:
            raise NotInTeam.of(team_id, user_id)
        return self._note(user_id, act, [self._close(current, at)])[0]

    async def spans(self, user_ids: Collection[int]) -> Sequence[TeamSpan]:
        return sorted(
            (span for span in self.all_spans if span.user_id in user_ids), key=lambda s: (s.user_id, s.joined_at)
        )

    def team_ids(self) -> Collection[int]:
        """Return the ids of all teams."""
        return self._teams.keys()

    def _current(self, user_id: int) -> TeamSpan | None:
        if user_id not in self._users.by_id:
            raise PlayerNotFound.of(user_id)
        return next((span for span in self.all_spans if span.user_id == user_id and span.left_at is None), None)

    async def _require(self, team_id: int) -> Roster:
        return required(await self.roster(team_id), TeamNotFound.of(team_id))

    def _open(self, changed: Sequence[TeamSpan], user_id: int, team_id: int, at: int) -> TeamSpan:
        """Begin the `next_span` after the stored spans of the player and the `changed` ones. Return the span."""
        stored = [span for span in self.all_spans if span.user_id == user_id]
        span = next_span([*stored, *changed], user_id, team_id, at)
        self.all_spans.append(span)
        return span

    def _close(self, span: TeamSpan, at: int) -> TeamSpan:
        """End a span at a time (ms), not before its start. Return the span. Delete a span that has no duration."""
        closed = span._replace(left_at=max(at, span.joined_at))
        self.all_spans.remove(span)
        if closed.left_at != span.joined_at:
            self.all_spans.append(closed)
        return closed

    def _note(self, user_id: int, act: AuditEntry, changed: Sequence[TeamSpan]) -> Sequence[TeamSpan]:
        self._users.touch(user_id)
        self._audit.write(act)
        return changed

    def _erase(self, user_id: int) -> None:
        self._teams.pop(user_id, None)
        self.all_spans = [span for span in self.all_spans if user_id not in (span.user_id, span.team_id)]
