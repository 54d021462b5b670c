"""Periods of boards that have at least one submission."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from time import monotonic
from typing import TypeAlias

from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.periods import ALL_TIME
from leaderforge.domain.submissions import FedRecord, Recorded
from leaderforge.domain.timing import PERIOD_STATE_FRESH_MS, commit_limit_s

_Ids: TypeAlias = tuple[int, int]
"""Board id and period number."""

_FRESH_S = PERIOD_STATE_FRESH_MS / 1000
_OPEN_S = 60.0
"""Time in s after which open periods are stored again. An import can add scores to a period that was purged."""
_MAX_CACHED = 20_000
"""Number of periods at which a cache is emptied. The limit bounds the memory of the two caches to about 10 MB."""

_BEYOND_ALL = 2**63 - 1
"""Number above every period number."""


class Periods:
    """Stored periods. A period is stored before its first submission, in its own transaction.

    The stores of a process share one instance, which caches whether periods are stored and retired.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._open: set[_Ids] = set()
        self._open_until = 0.0
        self._states: dict[_Ids, tuple[bool, float]] = {}
        self._limit_s = commit_limit_s(pool.timeout_s)

    async def open(self, ladders: Iterable[Ladder]) -> None:
        """Store the periods of these ladders. Call it before recording submissions on them.

        Raises `StoreUnavailable` if this takes longer than `COMMIT_LIMIT_MS`.
        """
        if (now := monotonic()) >= self._open_until:
            self._open.clear()
            self._open_until = now + _OPEN_S
        counted = {_ids(ladder) for ladder in ladders if ladder.period != ALL_TIME}
        if new := counted - self._open:
            await self._store_new(new)

    async def _store_new(self, new: Set[_Ids]) -> None:
        # Limit the time of all periods together. Otherwise, the caller's cached boards could become stale meanwhile.
        async with self._pool.limit(self._limit_s):
            # Sort the periods. All processes then insert in the same order, which prevents deadlocks.
            for ids in sorted(new):
                await self._pool.fetch(statement("open_period"), *ids)
                if len(self._open) >= _MAX_CACHED:
                    self._open.clear()
                self._open.add(ids)

    async def mark_retired(
        self, outcomes: Sequence[Recorded | LeaderForgeError]
    ) -> Sequence[Recorded | LeaderForgeError]:
        """Return the outcomes, with `indexed` false for ladders of retired periods."""
        ladders = (ladder for outcome in outcomes if isinstance(outcome, Recorded) for ladder in _ladders(outcome))
        ids = {_ids(ladder) for ladder in ladders if ladder.period != ALL_TIME}
        retired = await self._retired(ids) if ids else ()
        if not retired:
            return outcomes
        return [_unindexed(outcome, retired) if isinstance(outcome, Recorded) else outcome for outcome in outcomes]

    async def with_state(self, ladder: Ladder) -> Ladder:
        """Return the ladder, with `indexed` false if its period is retired."""
        if ladder.period == ALL_TIME:
            return ladder
        return ladder._replace(indexed=_ids(ladder) not in await self._retired({_ids(ladder)}))

    async def _read_retired(self, ids: Set[_Ids]) -> Set[_Ids]:
        boards, periods = map(set, zip(*ids, strict=True))
        rows = await self._pool.fetch(statement("period_states"), joined(boards), joined(periods))
        return {(row["board_id"], row["period_id"]) for row in rows}

    async def _retired(self, ids: Set[_Ids]) -> Collection[_Ids]:
        now = monotonic()
        # Copy the cached states, because another call may clear the cache while this call waits for the database.
        states = {key: state for key in ids if (state := self._states.get(key)) and now - state[1] <= _FRESH_S}
        stale = ids - states.keys()
        if stale:
            retired = await self._read_retired(stale)
            states |= {key: (key in retired, now) for key in stale}
        if len(self._states) >= _MAX_CACHED:
            self._states.clear()
        self._states |= states
        return [key for key, (is_retired, _) in states.items() if is_retired]

    async def of(self, boards: Mapping[int, Board]) -> Sequence[Ladder]:
        """Return the ladders of these boards in periods that are not retired."""
        rows = await self._pool.fetch(statement("periods"))
        return [Ladder(boards[row["board_id"]], row["period_id"]) for row in rows if row["board_id"] in boards]

    async def of_board(self, board: Board, limit: int | None = None, before: int | None = None) -> Sequence[Ladder]:
        """Return the ladders of a board's periods with numbers below `before`, the latest first."""
        below = _BEYOND_ALL if before is None else before
        rows = await self._pool.fetch(statement("periods_of_board"), board.id, below, limit)
        return [Ladder(board, row["period_id"], indexed=not row["retired"]) for row in rows]

    async def among(self, ladders: Collection[Ladder]) -> Collection[Ladder]:
        """Return the requested ladders whose periods are stored, in any order. If retired, `indexed` is false."""
        requested = {_ids(ladder): ladder for ladder in ladders}
        boards, periods = ({ids[i] for ids in requested} for i in range(2))
        rows = await self._pool.fetch(statement("periods_listed"), joined(boards), joined(periods))
        retired = {(row["board_id"], row["period_id"]): row["retired"] for row in rows}
        return [ladder._replace(indexed=not retired[ids]) for ids, ladder in requested.items() if ids in retired]


def _unindexed(recorded: Recorded, retired: Collection[_Ids]) -> Recorded:
    ladders = [ladder._replace(indexed=False) if _ids(ladder) in retired else ladder for ladder in recorded.ladders]
    fed = tuple(FedRecord(submission, _unindexed(of_fed, retired)) for submission, of_fed in recorded.fed)
    return recorded._replace(ladders=ladders, fed=fed)


def _ladders(recorded: Recorded) -> Iterator[Ladder]:
    """Yield the ladders of a submission and of its fed submissions."""
    yield from recorded.ladders
    for _, of_fed in recorded.fed:
        yield from of_fed.ladders


def _ids(ladder: Ladder) -> _Ids:
    return ladder.board.id, ladder.period
