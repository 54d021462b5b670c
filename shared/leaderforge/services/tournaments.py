"""Tournaments: their state, their entrants, and joining."""

from collections.abc import Sequence
from dataclasses import dataclass

from leaderforge.domain.attempts import occurrence_of, require_joinable, rules_of
from leaderforge.domain.boards import Board
from leaderforge.domain.brackets import Brackets
from leaderforge.domain.presence import required
from leaderforge.domain.tournament_errors import BracketNotFound, EntrantNotFound
from leaderforge.domain.tournaments import Entrant, Occurrence, TournamentRules, TournamentState, next_occurrence
from leaderforge.ports.clock import Clock
from leaderforge.ports.tournaments import TournamentStore


@dataclass(frozen=True, slots=True)
class TournamentView:
    """An occurrence of a board's tournament at a time (ms), with its number of entrants.

    `next_starts_at` (ms) is the start of the next occurrence, None for a tournament that takes place once.
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
    """An entrant, the occurrence that the player has joined, and the bracket, None without brackets."""

    board: Board
    rules: TournamentRules
    occurrence: Occurrence
    entrant: Entrant
    bracket: int | None


@dataclass(frozen=True, slots=True)
class BracketView:
    """A bracket of an occurrence at a time (ms), with its players in the order of joining."""

    board: Board
    occurrence: Occurrence
    brackets: Brackets
    number: int
    user_ids: Sequence[int]
    now: int

    @property
    def period_name(self) -> str:
        """Return the name of the period whose ladder ranks the occurrence."""
        return self.board.calendar.numbered(self.occurrence.period).name

    @property
    def state(self) -> TournamentState:
        """Return the state of the occurrence."""
        return self.occurrence.state(self.now)


class TournamentService:
    """Reads of tournaments, and joining. The store counts the attempts when it records submissions."""

    def __init__(self, store: TournamentStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def view(self, board: Board, period: str | None = None) -> TournamentView:
        """Return the occurrence of a period.

        Without a period, return the open occurrence. If no occurrence is open, return the next occurrence, or else the
        last. Raises `TournamentNotFound` or `PeriodNotFound`.
        """
        now = self._clock()
        rules, occurrence = rules_of(board), occurrence_of(board, period, now)
        following = next_occurrence(rules, board.calendar, occurrence)
        entrants = await self._store.count(board, occurrence.period)
        return TournamentView(board, rules, occurrence, entrants, now, following and following.starts_at)

    async def entrant(self, board: Board, user_id: int, period: str | None = None) -> EntrantView:
        """Return a player who has joined. Raises `EntrantNotFound`, `TournamentNotFound` or `PeriodNotFound`."""
        now = self._clock()
        occurrence = occurrence_of(board, period, now)
        entrant = await self._store.entrant(board, occurrence.period, user_id)
        present = required(entrant, EntrantNotFound.of(board.slug, user_id))
        return await self._entrant_view(board, occurrence, present, now)

    async def join(self, board: Board, user_id: int, period: str | None = None) -> EntrantView:
        """Let a player join, and return the entrant. A player who has joined stays as before.

        Raises `TournamentNotOpen`, `TournamentFull`, `PlayerNotFound`, `TournamentNotFound` or `PeriodNotFound`.
        """
        now = self._clock()
        occurrence = occurrence_of(board, period, now)
        require_joinable(board, occurrence, now)
        entrant = await self._store.join(board, occurrence.period, user_id, now)
        return await self._entrant_view(board, occurrence, entrant, now)

    async def bracket(self, board: Board, bracket: int, period: str | None = None) -> BracketView:
        """Return a bracket. Erased players are missing.

        Raises `BracketNotFound`, `TournamentNotFound` or `PeriodNotFound`.
        """
        now = self._clock()
        occurrence = occurrence_of(board, period, now)
        brackets = await self._brackets(board, occurrence, now)
        count = 0 if brackets is None else brackets.count
        if brackets is None or not 1 <= bracket <= count:
            raise BracketNotFound.of(board.slug, bracket, count)
        entrants = await self._store.numbered(board, occurrence.period, brackets.numbers(bracket))
        return BracketView(board, occurrence, brackets, bracket, [entrant.user_id for entrant in entrants], now)

    async def _entrant_view(self, board: Board, occurrence: Occurrence, entrant: Entrant, now: int) -> EntrantView:
        brackets = await self._brackets(board, occurrence, now)
        bracket = None if brackets is None else brackets.of(entrant.number)
        return EntrantView(board, rules_of(board), occurrence, entrant, bracket)

    async def _brackets(self, board: Board, occurrence: Occurrence, now: int) -> Brackets | None:
        """Return the brackets of an occurrence at `now` (ms), None without brackets."""
        size = rules_of(board).bracket_size
        if size is None:
            return None
        entrants = await self._store.count(board, occurrence.period)
        return Brackets(size, entrants, is_final=not occurrence.is_joinable(now))
