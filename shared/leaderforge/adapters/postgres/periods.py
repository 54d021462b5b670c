"""The periods of boards in which anything was counted."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from time import monotonic
from typing import TypeAlias

from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.statements import listed, statement
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.periods import ALL_TIME
from leaderforge.domain.submissions import Recorded

_Ids: TypeAlias = tuple[int, int]
"""Board and period."""

_FRESH_S = 5.0
"""How long it is relied on that a period was not retired."""
_MOST_ASKED = 100_000

_BEYOND_ALL = 2**63 - 1


class Periods:
    """Keeps note of periods before the first submission is counted in them, and lists them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._open: set[_Ids] = set()
        self._asked: dict[_Ids, tuple[bool, float]] = {}

    async def open(self, ladders: Iterable[Ladder]) -> None:
        """Take note of the periods of these ladders, in which something is about to be counted."""
        counted = {_ids(ladder) for ladder in ladders if ladder.period != ALL_TIME}
        for ids in sorted(counted - self._open):
            await self._pool.fetch(statement("open_period"), *ids)
            self._open.add(ids)

    async def told(self, outcomes: Sequence[Recorded | LeaderForgeError]) -> Sequence[Recorded | LeaderForgeError]:
        """Return what became of submissions with their ladders marked as not indexed where that is so."""
        recorded = [one for one in outcomes if isinstance(one, Recorded)]
        ids = {_ids(ladder) for one in recorded for ladder in one.ladders if ladder.period != ALL_TIME}
        retired = await self._retired(ids) if ids else ()
        if not retired:
            return outcomes
        return [_marked(one, retired) if isinstance(one, Recorded) else one for one in outcomes]

    async def _retired(self, ids: Set[_Ids]) -> Collection[_Ids]:
        now = monotonic()
        # A copy: another call may clear what is cached while this one waits for the database.
        states = {one: state for one in ids if (state := self._asked.get(one)) and now - state[1] <= _FRESH_S}
        doubtful = ids - states.keys()
        if doubtful:
            boards, periods = map(set, zip(*doubtful, strict=True))
            rows = await self._pool.fetch(statement("period_states"), listed(boards), listed(periods))
            retired = {(row["board_id"], row["period_id"]) for row in rows}
            states |= {one: (one in retired, now) for one in doubtful}
        if len(self._asked) > _MOST_ASKED:
            self._asked.clear()
        self._asked |= states
        return [ids for ids, (is_retired, _) in states.items() if is_retired]

    async def of(self, boards: Mapping[int, Board]) -> Sequence[Ladder]:
        """Return the ladders of those periods of these boards that are not retired."""
        rows = await self._pool.fetch(statement("periods"))
        return [Ladder(boards[row["board_id"]], row["period_id"]) for row in rows if row["board_id"] in boards]

    async def of_board(self, board: Board, limit: int | None = None, before: int | None = None) -> Sequence[Ladder]:
        """Return the ladders of a board's periods of lower numbers than `before`, the latest first."""
        below = _BEYOND_ALL if before is None else before
        rows = await self._pool.fetch(statement("periods_of_board"), board.id, below, limit)
        return [Ladder(board, row["period_id"], indexed=not row["retired"]) for row in rows]

    async def among(self, ladders: Collection[Ladder]) -> Collection[Ladder]:
        """Return those of these ladders whose periods are listed, in no order."""
        requested = {_ids(ladder): ladder for ladder in ladders}
        boards, periods = ({ids[i] for ids in requested} for i in range(2))
        rows = await self._pool.fetch(statement("periods_listed"), listed(boards), listed(periods))
        retired = {(row["board_id"], row["period_id"]): row["retired"] for row in rows}
        return [ladder._replace(indexed=not retired[ids]) for ids, ladder in requested.items() if ids in retired]


def _marked(one: Recorded, retired: Collection[_Ids]) -> Recorded:
    ladders = [ladder._replace(indexed=False) if _ids(ladder) in retired else ladder for ladder in one.ladders]
    return one._replace(ladders=ladders)


def _ids(ladder: Ladder) -> _Ids:
    return ladder.board.id, ladder.period
