"""Lookup of the ladder for the board and period in a request."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias

from leaderforge.coalescing import BATCH, Coalescer
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import BoardNotFound, Overloaded, PeriodNotFound, StoreUnavailable
from leaderforge.domain.periods import PeriodKind, number_of_name
from leaderforge.domain.timing import CACHE_LIMIT_MS, LADDERS_FRESH_MS, LOOKUP_WAIT_MS, SUBMISSION_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.scores import ScoreStore

CURRENT = "current"
"""Name by which a request selects the board's current period of its first period kind."""

_FRESH_S = LADDERS_FRESH_MS / 1000
_RELIABLE_S = (CACHE_LIMIT_MS + SUBMISSION_MS) / 1000
"""Maximum age of a list that shows which periods the index has.

The index drops a period `PROPAGATION_MS` after its retirement. The other terms of this time are the commit of the
retirement, a difference of clocks, and pauses.
"""
_WAIT_S = LOOKUP_WAIT_MS / 1000
_MAX_BOARDS = 1024
"""Maximum boards with a cached list."""

_Ladders: TypeAlias = Mapping[int, Ladder]
"""Ladders of a board, by period number."""


@dataclass(frozen=True, slots=True)
class _Past:
    ladders: _Ladders
    since: float

    def reliable(self) -> _Ladders:
        """Return the ladders, without the index if the list is too old to show which of them the index has."""
        if monotonic() - self.since < _RELIABLE_S:
            return self.ladders
        return {number: ladder._replace(indexed=False) for number, ladder in self.ladders.items()}


class Ladders:
    """Ladders of boards, by name of the period. Lists of past periods are cached for two seconds.

    If a cached list lacks a period, the store is queried for it. The request is refused only if the store lacks it too.
    Concurrent lookups share a query of the store. A lookup never joins a query that began before the lookup.
    """

    def __init__(self, store: ScoreStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._past: dict[int, _Past] = {}
        self._list = Coalescer(self._list_batch, max_batch=BATCH, time_limit_s=_WAIT_S)
        self._find = Coalescer(self._find_batch, max_batch=BATCH, time_limit_s=_WAIT_S)

    async def get(self, board: Board, period: str) -> Ladder:
        """Return the ladder of a period by its name, its kind or `CURRENT`.

        Raises `PeriodNotFound`, and `StoreUnavailable` or `Overloaded` if the period is past and not cached.
        """
        if period == CURRENT:
            return Ladder(board, board.calendar.at(self._clock())[0].number)
        for current in board.calendar.at(self._clock()):
            if period in {current.name, current.kind}:
                return Ladder(board, current.number)
        number = None if period in _KINDS else number_of_name(board.calendar, period)
        ladder = None if number is None else await self._past_ladder(board, number)
        if ladder is None:
            raise PeriodNotFound(
                f"board {board.slug!r} has no period {period!r}, or nothing was counted in it",
                board=board.slug,
                period=period,
            )
        return Ladder(board, ladder.period, ladder.indexed)

    async def again(self, ladder: Ladder, board: Board) -> Ladder:
        """Return a ladder that was found earlier, with its present `indexed`. `board` is the board as it is now.

        Long reads call this method before each of their steps, because the ladder may leave the index meanwhile. Raises
        like `get`, and `BoardNotFound` if `board` is another board with the same slug.
        """
        if board.id != ladder.board.id:
            raise BoardNotFound.of(ladder.board.slug)
        return ladder._replace(indexed=(await self.get(board, ladder.period_name)).indexed)

    async def as_stored(self, ladders: Collection[Ladder]) -> Sequence[Ladder]:
        """Return the ladders, in the same order, with `indexed` as stored now. Raises `StoreUnavailable`.

        The periods must be stored, unless they are current or were deleted.
        """
        now = self._clock()
        over = [ladder for ladder in ladders if ladder.is_over(now)]
        found = await self._store.find_ladders(over) if over else ()
        indexed = {_ids(ladder) for ladder in found if ladder.indexed}
        return [lad._replace(indexed=not lad.is_over(now) or _ids(lad) in indexed) for lad in ladders]

    async def _past_ladder(self, board: Board, number: int) -> Ladder | None:
        past = await self._past_of(board)
        return past[number] if number in past else await self._find(Ladder(board, number))

    async def _past_of(self, board: Board) -> _Ladders:
        cached = self._past.get(board.id)
        if cached is not None and monotonic() - cached.since < _FRESH_S:
            return cached.ladders
        try:
            return await self._list(board)
        except (StoreUnavailable, Overloaded):
            if cached is None:
                raise
            return cached.reliable()

    async def _list_batch(self, boards: Sequence[Board]) -> Sequence[_Ladders]:
        # Load each board once, because concurrent lookups may name the same board.
        by_id = {board.id: board for board in boards}
        past = dict(zip(by_id, await asyncio.gather(*map(self._load_past, by_id.values())), strict=True))
        return [past[board.id] for board in boards]

    async def _load_past(self, board: Board) -> _Ladders:
        # Take the time before the query, because the list may lack retirements after the start of the query.
        began_at = monotonic()
        ladders = {ladder.period: ladder for ladder in await self._store.ladders_of(board)}
        if len(self._past) >= _MAX_BOARDS:
            self._past.clear()
        self._past[board.id] = _Past(ladders, began_at)
        return ladders

    async def _find_batch(self, ladders: Sequence[Ladder]) -> Sequence[Ladder | None]:
        existing = {_ids(ladder): ladder for ladder in await self._store.find_ladders(ladders)}
        return [existing.get(_ids(ladder)) for ladder in ladders]


def _ids(ladder: Ladder) -> tuple[int, int]:
    return ladder.board.id, ladder.period


_KINDS = frozenset(PeriodKind)
