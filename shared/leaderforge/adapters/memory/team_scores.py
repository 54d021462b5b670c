"""In-memory scores of teams."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.memory.team_store import MemoryTeamStore
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.grouping import grouped
from leaderforge.domain.standings import HIDDEN_ENTRY, HIDDEN_PLAYER, Event, LadderStanding, fold, in_range
from leaderforge.domain.teams import Contribution, is_same_result, stale_members, team_standing
from leaderforge.ports.teams import MemberEvent


class MemoryTeamScores:
    """`TeamScoreStore` over the events of a `MemoryScoreStore` and the spans of a `MemoryTeamStore`."""

    def __init__(self, scores: MemoryScoreStore, users: MemoryPlayerStore, teams: MemoryTeamStore) -> None:
        self._scores = scores
        self._users = users
        self._teams = teams
        self._stored: dict[tuple[int, int], dict[tuple[int, int], Contribution]] = {}
        """Contributions by team id and player id, for each board id and period number."""
        self._reached: dict[int, int] = {}
        scores.on_erasure.append(self._erase)
        scores.on_purged_board.append(self._forget)
        scores.on_period_removal.append(lambda ladder: self._stored.pop(_key(ladder), None))

    async def contributions(self, ladder: Ladder, team_ids: Collection[int]) -> Mapping[int, Sequence[Contribution]]:
        stored = sorted(self._of(ladder).items())
        return grouped((team_id, contribution) for (team_id, _), contribution in stored if team_id in team_ids)

    async def stale(self, ladder: Ladder, source: Board, user_ids: Collection[int]) -> Mapping[int, Collection[int]]:
        stored = {key: c for key, c in self._of(ladder).items() if key[1] in user_ids}
        folded = self._fold(ladder, source, user_ids)
        return stale_members(stored, folded)

    async def refresh(
        self, ladder: Ladder, source: Board, team_id: int, user_ids: Collection[int]
    ) -> Sequence[LadderStanding]:
        if team_id not in self._users.by_id:
            return []
        stored = self._of(ladder)
        for user_id in user_ids:
            stored.pop((team_id, user_id), None)
        stored |= {key: c for key, c in self._fold(ladder, source, user_ids).items() if key[0] == team_id}
        contributions = [c for key, c in stored.items() if key[0] == team_id]
        standing = team_standing(ladder.board, team_id, contributions, 0)
        if is_same_result(self._scores.standings_by_player(ladder).get(team_id), standing):
            return []
        self._users.touch(team_id)
        return [self._scores.put_open(ladder, standing)]

    async def submitted_between(self, sources: Collection[Board], since: int, until: int) -> Sequence[MemberEvent]:
        ids = {board.id for board in sources}
        events = [submission for submission, _ in self._scores.recorded_between(since, until)]
        return [MemberEvent(s.board.id, s.event.user_id, s.event.achieved_at) for s in events if s.board.id in ids]

    async def periods_of(self, board: Board, source: Board, user_ids: Collection[int]) -> Mapping[int, Collection[int]]:
        by_period: defaultdict[int, set[int]] = defaultdict(set)
        for (board_id, period), stored in self._stored.items():
            for _, user_id in stored if board_id == board.id else ():
                if user_id in user_ids:
                    by_period[period].add(user_id)
        for user_id in {span.user_id for span in self._teams.all_spans} & set(user_ids):
            for ladder, _ in self._scores.standings_of_player(user_id):
                if ladder.board.id == source.id:
                    by_period[ladder.period].add(user_id)
        return by_period

    async def members_after(self, user_id: int | None, limit: int) -> Sequence[int]:
        members = {span.user_id for span in self._teams.all_spans}
        return sorted(i for i in members if user_id is None or i > user_id)[:limit]

    async def teams_after(self, team_id: int | None, limit: int) -> Sequence[int]:
        return sorted(i for i in self._teams.team_ids() if team_id is None or i > team_id)[:limit]

    async def reached(self, board: Board) -> int | None:
        return self._reached.get(board.id)

    async def set_reached(self, board: Board, at: int) -> None:
        self._reached[board.id] = max(at, self._reached.get(board.id, at))

    def _of(self, ladder: Ladder) -> dict[tuple[int, int], Contribution]:
        return self._stored.setdefault(_key(ladder), {})

    def _fold(self, ladder: Ladder, source: Board, user_ids: Collection[int]) -> dict[tuple[int, int], Contribution]:
        """Return the contributions of these players, computed from their events."""
        events: defaultdict[tuple[int, int], list[Event]] = defaultdict(list)
        spans = [span for span in self._teams.all_spans if span.user_id in user_ids]
        of_source = Ladder(source, ladder.period)
        for event in self._scores.counting_for_teams(of_source):
            for span in spans:
                if span.user_id == event.user_id and span.holds(event.achieved_at):
                    events[span.team_id, event.user_id].append(event)
        return {key: self._contribution(of_source, key[1], played) for key, played in events.items()}

    def _contribution(self, of_source: Ladder, user_id: int, events: Sequence[Event]) -> Contribution:
        standing = in_range(of_source.board, fold(of_source.board, events))
        return Contribution(
            user_id,
            standing.score,
            standing.achieved_at,
            standing.received_us,
            standing.run_id,
            standing.submissions,
            user_id in self._users.hidden or self._is_hidden(of_source, user_id),
        )

    def _is_hidden(self, ladder: Ladder, user_id: int) -> bool:
        """Return whether the player is hidden on the ladder or, without a standing there, on another of the board."""
        on_board = [(lad, s) for lad, s in self._scores.standings_of_player(user_id) if lad.board.id == ladder.board.id]
        on_ladder = [(lad, s) for lad, s in on_board if lad.period == ladder.period]
        return any(s.hidden & (HIDDEN_ENTRY | HIDDEN_PLAYER) for _, s in on_ladder or on_board)

    def _erase(self, user_id: int) -> None:
        for stored in self._stored.values():
            for key in [key for key in stored if key[0] == user_id]:
                del stored[key]

    def _forget(self, board: Board) -> None:
        self._stored = {key: stored for key, stored in self._stored.items() if key[0] != board.id}
        self._reached.pop(board.id, None)


def _key(ladder: Ladder) -> tuple[int, int]:
    return ladder.board.id, ladder.period
