"""Tournaments: their state, their entrants, and joining."""

from dataclasses import dataclass

from leaderforge.domain.attempts import occurrence_of, require_joinable, rules_of
from leaderforge.domain.boards import Board
from leaderforge.domain.tournament_errors import EntrantNotFound
from leaderforge.domain.tournaments import Entrant, Occurrence, TournamentRules, TournamentState, next_occurrence
from leaderforge.ports.clock import Clock
from leaderforge.ports.tournaments import TournamentStore


@dataclass(frozen=True, slots=True)
class TournamentView:
    """An occurrence of a board's tournament at a time (ms), with its number of entrants.

    `next_starts_at` (ms) is the start of the occurrence after it, None for a tournament that takes place once.
    """

    board: Board
    rules: TournamentRules
    occurrence: Occurrence
    entrants: int
    now: int
    next_starts_at: int | None

    @property
    def state(self) -> TournamentState:
        """Return the state of the occurrence."""
        return self.occurrence.state(self.now)


@dataclass(frozen=True, slots=True)
class EntrantView:
    """An entrant, and the occurrence that the player has joined."""

    board: Board
    rules: TournamentRules
    occurrence: Occurrence
    entrant: Entrant


class TournamentService:
    """Reads of tournaments, and joining. Submissions count attempts: see `ScoreStore.record`."""

    def __init__(self, store: TournamentStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def view(self, board: Board, period: str | None = None) -> TournamentView:
        """Return the occurrence of a period, by default the open, otherwise the next or the last one.

        Raises `TournamentNotFound` or `PeriodNotFound`.
        """
        now = self._clock()
        rules, occurrence = rules_of(board), occurrence_of(board, period, now)
        following = next_occurrence(rules, board.calendar, occurrence)
        entrants = await self._store.count(board, occurrence.period)
        return TournamentView(board, rules, occurrence, entrants, now, following and following.starts_at)

    async def entrant(self, board: Board, user_id: int, period: str | None = None) -> EntrantView:
        """Return a player who has joined. Raises `EntrantNotFound`, `TournamentNotFound` or `PeriodNotFound`."""
        occurrence = occurrence_of(board, period, self._clock())
        entrant = await self._store.entrant(board, occurrence.period, user_id)
        if entrant is None:
            raise EntrantNotFound.of(board.slug, user_id)
        return EntrantView(board, rules_of(board), occurrence, entrant)

    async def join(self, board: Board, user_id: int, period: str | None = None) -> EntrantView:
        """Let a player join, and return the entrant. A player who has joined stays as before.

        Raises `TournamentNotOpen`, `TournamentFull`, `PlayerNotFound`, `TournamentNotFound` or `PeriodNotFound`.
        """
        now = self._clock()
        occurrence = occurrence_of(board, period, now)
        require_joinable(board, occurrence, now)
        entrant = await self._store.join(board, occurrence.period, user_id, now)
        return EntrantView(board, rules_of(board), occurrence, entrant)
