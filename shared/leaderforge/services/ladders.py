"""Which ladder a request means."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import PeriodNotFound, StoreUnavailable
from leaderforge.domain.periods import Kind, number_of_name
from leaderforge.ports import Clock, ScoreStore

CURRENT = "current"

_FRESH_S = 2.0
_MOST_BOARDS = 1024


@dataclass(frozen=True, slots=True)
class _Past:
    ladders: Mapping[int, Ladder]
    since: float


class Ladders:
    """Finds the ladders of boards. Those of past periods are asked for in the store, at most every two seconds."""

    def __init__(self, store: ScoreStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._past: dict[int, _Past] = {}

    async def get(self, board: Board, period: str) -> Ladder:
        """Return the ladder of a period by its name or its kind. Raises `PeriodNotFound`."""
        if period == CURRENT:
            return Ladder(board, board.calendar.at(self._clock())[0].number)
        for current in board.calendar.at(self._clock()):
            if period in {current.name, current.kind}:
                return Ladder(board, current.number)
        number = None if period in _KINDS else number_of_name(board.calendar, period)
        ladder = None if number is None else (await self._past_of(board)).get(number)
        if ladder is None:
            raise PeriodNotFound(
                f"board {board.slug!r} has no period {period!r}, or nothing was counted in it",
                board=board.slug,
                period=period,
            )
        return Ladder(board, ladder.period, ladder.indexed)

    async def _past_of(self, board: Board) -> Mapping[int, Ladder]:
        held = self._past.get(board.id)
        if held is not None and monotonic() - held.since < _FRESH_S:
            return held.ladders
        try:
            ladders = {ladder.period: ladder for ladder in await self._store.ladders_of(board)}
        except StoreUnavailable:
            if held is None:
                raise
            return held.ladders
        if len(self._past) >= _MOST_BOARDS:
            self._past.clear()
        self._past[board.id] = _Past(ladders, monotonic())
        return ladders


_KINDS = frozenset(Kind)
