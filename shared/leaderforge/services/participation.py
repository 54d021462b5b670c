"""Everything that leagues, tournaments, challenges, teams and rewards have stored about a player."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.challenges import PlayedChallenge
from leaderforge.domain.league_places import LeaguePlace
from leaderforge.domain.rewards import Award
from leaderforge.domain.teams import TeamSpan
from leaderforge.domain.tournaments import Entrant
from leaderforge.ports.awards import AwardPosition, AwardStore
from leaderforge.ports.challenges import ChallengeStore
from leaderforge.ports.leagues import LeagueStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.teams import TeamStore
from leaderforge.ports.tournaments import TournamentStore

_AWARDS_A_READ = 1000
"""Maximum awards per read."""


@dataclass(frozen=True, slots=True)
class Participation:
    """Data of a player: joined occurrences, places in leagues, challenges, awards, and spans in teams.

    Deleted boards are left out.
    """

    entrants: Sequence[tuple[Ladder, Entrant]] = ()
    league_places: Sequence[tuple[Ladder, LeaguePlace]] = ()
    challenges: Sequence[tuple[Board, PlayedChallenge]] = ()
    awards: Sequence[Award] = ()
    teams: Sequence[TeamSpan] = ()


class ParticipationReader:
    """Reads of a player's participation over all boards and periods."""

    def __init__(
        self,
        store: ScoreStore,
        tournaments: TournamentStore,
        leagues: LeagueStore,
        challenges: ChallengeStore,
        awards: AwardStore,
        teams: TeamStore,
    ) -> None:
        self._store = store
        self._tournaments = tournaments
        self._leagues = leagues
        self._challenges = challenges
        self._awards = awards
        self._teams = teams

    async def of_player(self, user_id: int) -> Participation:
        """Return a player's participation. It is empty for an unknown player."""
        boards = {board.id: board for board in await self._store.boards()}
        challenges = await self._challenges.of_player(user_id)
        return Participation(
            await self._tournaments.of_player(boards, user_id),
            await self._leagues.of_player(boards, user_id),
            [(boards[p.challenge.board_id], p) for p in challenges if p.challenge.board_id in boards],
            await self._awards_of(boards, user_id),
            await self._teams.spans([user_id]),
        )

    async def _awards_of(self, boards: Mapping[int, Board], user_id: int) -> Sequence[Award]:
        awards: list[Award] = []
        position = AwardPosition()
        while page := await self._awards.of_player(boards, user_id, _AWARDS_A_READ, position):
            awards += page
            position = AwardPosition(page[-1].ladder.board.id, page[-1].ladder.period, page[-1].reward)
        return awards
