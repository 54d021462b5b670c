"""Period rollover: retire, drop, expire and purge past periods."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import uuid4

from leaderforge.domain.boards import Board
from leaderforge.domain.history import KeptPeriod
from leaderforge.domain.periods import ALL_TIME, number_of_start
from leaderforge.domain.timing import PROPAGATION_MS, REPEATED_DROP_MS, ROLLOVER_EVERY_MS, SETTLE_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import RankIndex
from leaderforge.ports.periods import PeriodStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.cadence import Cadence

_EVERY_S = ROLLOVER_EVERY_MS / 1000
_SWEEP_EVERY_S = 86_400.0
"""Time between sweeps, in s. A sweep reads the names of all keys in the index."""
_A_DAY_MS = 86_400_000
_LONGEST_SEASON_MS = 366 * _A_DAY_MS
"""Assumed length, in ms, of a season whose end is unknown because its board has no seasons any more."""
_CHUNK = 5_000
"""Maximum standings that one statement removes. The limit keeps transactions short."""
_CHUNKS_A_ROUND = 20
_PERIODS_A_ROUND = 100

AwaitedPeriods: TypeAlias = Callable[[Board], Awaitable[Collection[int]]]
"""Function that returns the numbers of a board's periods whose settlement is not finished."""


@dataclass(frozen=True, slots=True)
class Rollover:
    """Result of a round: numbers of retired periods, dropped periods and removed standings."""

    retired: int = 0
    dropped: int = 0
    removed: int = 0


class RolloverService:
    """Removal of past periods: from the index some time after their end, from the store once they are too old.

    Each step is idempotent, and waits until every process acts on the previous step. A period is first retired, and the
    store answers reads of it. Next, its index keys are dropped. Later it is expired, which hides it from reads.
    Finally, its standings are removed.

    The index keeps a period for `index_ms` after its end, and at least while late submissions may arrive (`grace_ms`).
    A period expires only after its settlement, if there is one. `awaited` returns a board's periods with an unfinished
    settlement.
    """

    def __init__(
        self,
        store: ScoreStore,
        periods: PeriodStore,
        index: RankIndex,
        clock: Clock,
        telemetry: Telemetry,
        *,
        index_ms: int,
        grace_ms: int,
        awaited: AwaitedPeriods,
    ) -> None:
        self._store = store
        self._periods = periods
        self._index = index
        self._clock = clock
        self._telemetry = telemetry
        self._index_ms = index_ms
        self._awaited = awaited
        self._least_ms = grace_ms + SETTLE_MS
        self._cadence = Cadence(_EVERY_S)

    async def run_if_due(self) -> Rollover:
        """Run a round unless any process has run one within the last minute."""
        if not self._cadence.begin():
            return Rollover()
        # No process releases or renews this lease. It therefore admits one round a minute over all processes.
        if not await self._index.lease("turnover", uuid4().hex, _EVERY_S):
            return Rollover()
        rollover = await self.run()
        if await self._index.lease("sweep", uuid4().hex, _SWEEP_EVERY_S):
            await self.sweep()
        return rollover

    async def run(self) -> Rollover:
        """Run all due steps, and return the result. A round removes a limited number of standings."""
        boards = await self._store.boards()
        retired, dropped = await self._retire_and_drop(boards)
        removed = 0
        for board in boards:
            removed += await self._remove_old(board, _CHUNKS_A_ROUND * _CHUNK - removed)
        self._telemetry.count("periods_retired", retired)
        self._telemetry.count("standings_expired", removed)
        return Rollover(retired, dropped, removed)

    async def _retire_and_drop(self, boards: Sequence[Board]) -> tuple[int, int]:
        """Retire or drop each indexed period that is due. Return the numbers of retired and dropped periods."""
        retired = dropped = 0
        for period in await self._periods.undropped(boards):
            if period.retired_at is None:
                retired += await self._retire(period)
            else:
                dropped += await self._drop(period, period.retired_at)
        return retired, dropped

    async def sweep(self) -> int:
        """Delete index keys of dropped periods and deleted boards. Return the number of ladders that had such keys.

        A frozen process may apply an update after its thaw, and create such keys long after the period or board was
        dropped.
        """
        # Read the index before the store. Each ladder is stored before it has keys. A ladder with keys that is then
        # missing in the store was therefore dropped.
        present = await self._index.present_ladders()
        boards = await self._store.boards()
        purging = {deleted.board.id for deleted in await self._store.deleted_boards()}
        stored = {(board.id, ALL_TIME) for board in boards}
        stored |= {(p.ladder.board.id, p.ladder.period) for p in await self._periods.undropped(boards)}
        orphans = [ids for ids in present if ids not in stored and ids[0] not in purging]
        await self._index.drop_ladders(orphans)
        return len(orphans)

    async def _retire(self, period: KeptPeriod) -> bool:
        board = period.ladder.board
        index_ms = self._index_ms if board.keep_days is None else min(self._index_ms, board.keep_days * _A_DAY_MS)
        due = _ends_at(period) + max(index_ms, self._least_ms) <= self._clock()
        if due:
            await self._periods.retire(period.ladder, self._clock())
        return due

    async def _drop(self, period: KeptPeriod, retired_at: int) -> bool:
        age = self._clock() - retired_at
        if age < PROPAGATION_MS:
            return False
        await self._index.drop(period.ladder)
        if age >= REPEATED_DROP_MS:
            await self._periods.note_dropped(period.ladder)
        return True

    async def _remove_old(self, board: Board, most: int) -> int:
        """Expire periods past the board's retention. Return the number of standings removed from expired periods."""
        if board.keep_days is None or most <= 0:
            return 0
        oldest_kept = self._clock() - board.keep_days * _A_DAY_MS
        removed = 0
        periods = await self._periods.old(board, number_of_start(oldest_kept), _PERIODS_A_ROUND)
        awaited = await self._awaited(board) if any(period.expired_at is None for period in periods) else ()
        for period in periods:
            if period.expired_at is None:
                if _ends_at(period) <= oldest_kept and period.ladder.period not in awaited:
                    await self._periods.expire(period.ladder, self._clock())
            elif period.expired_at + PROPAGATION_MS <= self._clock() and removed < most:
                removed += await self._remove(period, most - removed)
        return removed

    async def _remove(self, period: KeptPeriod, most: int) -> int:
        removed = 0
        while removed < most and (count := await self._periods.remove(period.ladder, _CHUNK)):
            removed += count
        return removed


def _ends_at(period: KeptPeriod) -> int:
    """Return the end of the period, in ms."""
    dated = period.ladder.board.calendar.numbered(period.ladder.period)
    return dated.ends_at if dated.ends_at is not None else (dated.starts_at or 0) + _LONGEST_SEASON_MS
