"""Comparison of the stored scores of teams with scores that are computed from the events of their members."""

from collections.abc import Awaitable, Callable, Collection, Sequence

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.settlement import SettlementFault
from leaderforge.domain.teams import is_same_result, team_standing
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.teams import TeamScoreStore
from leaderforge.services.comparing import lasting

_A_READ = 500
"""Maximum number of players or teams that one read compares."""


class TeamComparison:
    """Comparison of one team board's ladder. The comparison changes nothing."""

    def __init__(self, store: ScoreStore, scores: TeamScoreStore, ladder: Ladder, source: Board) -> None:
        self._store = store
        self._scores = scores
        self._ladder = ladder
        self._source = source

    async def faults(self) -> Sequence[SettlementFault]:
        """Return the wrong contributions and standings. Leave out differences that a second check no longer finds."""
        board, period = self._ladder.board.slug, self._ladder.period_name
        user_ids = await _lasting_faults(self._scores.members_after, self._stale)
        team_ids = await _lasting_faults(self._scores.teams_after, self._inconsistent)
        members = [f"contributions of player {user_id} are wrong" for user_id in user_ids]
        teams = [f"the score of team {team_id} is not that of its contributions" for team_id in team_ids]
        return [SettlementFault(board, period, text) for text in (*members, *teams)]

    async def _stale(self, user_ids: Collection[int]) -> Sequence[int]:
        stale = await self._scores.stale(self._ladder, self._source, user_ids) if user_ids else {}
        return sorted({user_id for members in stale.values() for user_id in members})

    async def _inconsistent(self, team_ids: Collection[int]) -> Sequence[int]:
        """Return the teams whose standing differs from the standing that is computed from their contributions."""
        standings = {s.user_id: s for s in await self._store.standings(self._ladder, team_ids)}
        contributions = await self._scores.contributions(self._ladder, team_ids)
        return [
            team_id
            for team_id in team_ids
            if not is_same_result(
                standings.get(team_id), team_standing(self._ladder.board, team_id, contributions.get(team_id, ()), 0)
            )
        ]


async def _lasting_faults(
    read_after: Callable[[int | None, int], Awaitable[Sequence[int]]],
    faulty: Callable[[Collection[int]], Awaitable[Sequence[int]]],
) -> Sequence[int]:
    """Return the ids in the pages of `read_after` that `faulty` returns in each of several checks."""
    suspects: list[int] = []
    after = None
    while ids := await read_after(after, _A_READ):
        suspects += await faulty(ids)
        after = ids[-1]
    return await lasting(suspects, faulty)
