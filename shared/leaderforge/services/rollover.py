"""The end of periods: their index is retired, and what is not to be kept is removed."""

from dataclasses import dataclass
from time import monotonic
from uuid import uuid4

from leaderforge.domain.boards import Board
from leaderforge.domain.history import KeptPeriod
from leaderforge.domain.periods import number_of_start
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import RankIndex
from leaderforge.ports.periods import PeriodStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.maintain import SETTLE_MS

KNOWN_MS = 30_000
"""How long after a period is retired, or expired, every process surely knows, whatever it holds in its memory."""
SURE_MS = 3_600_000
"""How long what is retired is dropped again and again, should something late have reached the index after all."""

_EVERY_S = 60.0
_A_DAY_MS = 86_400_000
_LONGEST_SEASON_MS = 366 * _A_DAY_MS
"""When a season surely is over whose board has none any more."""
_CHUNK = 5_000
_CHUNKS_A_ROUND = 20
_PERIODS_A_ROUND = 100


@dataclass(frozen=True, slots=True)
class Rollover:
    """What a round has done: periods retired, periods dropped from the index, standings removed."""

    retired: int = 0
    dropped: int = 0
    removed: int = 0


class RolloverService:
    """Takes past periods out of the index some time after their end, and removes them when they are too old.

    Each step waits until every process knows of the one before, and can be repeated: first the store answers for a
    period, then its keys are dropped; and it first disappears, then its standings are removed. The index keeps a period
    for `index_ms` after its end, and while late submissions, for `grace_ms`, may still be on their way into it.
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
    ) -> None:
        self._store = store
        self._periods = periods
        self._index = index
        self._clock = clock
        self._telemetry = telemetry
        self._index_ms = index_ms
        self._least_ms = grace_ms + SETTLE_MS
        self._due = 0.0

    async def run_if_due(self) -> Rollover:
        """Do a round unless this process or another did within the last minute."""
        if monotonic() < self._due:
            return Rollover()
        self._due = monotonic() + _EVERY_S
        # Nobody gives the lease back, nor has it twice: so there is one round a minute, whoever asks.
        return await self.run() if await self._index.lease("turnover", uuid4().hex, _EVERY_S) else Rollover()

    async def run(self) -> Rollover:
        """Do what is to be done now, up to a limit for removals, and return what that was."""
        boards = await self._store.boards()
        retired = dropped = 0
        for period in await self._periods.undropped(boards):
            if period.retired_at is None:
                retired += await self._retire(period)
            else:
                dropped += await self._drop(period, period.retired_at)
        removed = 0
        for board in boards:
            removed += await self._remove_old(board, _CHUNKS_A_ROUND * _CHUNK - removed)
        self._telemetry.count("periods_retired", retired)
        self._telemetry.count("standings_expired", removed)
        return Rollover(retired, dropped, removed)

    async def _retire(self, period: KeptPeriod) -> bool:
        board = period.ladder.board
        wanted = self._index_ms if board.keep_days is None else min(self._index_ms, board.keep_days * _A_DAY_MS)
        due = _ends_at(period) + max(wanted, self._least_ms) <= self._clock()
        if due:
            await self._periods.retire(period.ladder, self._clock())
        return due

    async def _drop(self, period: KeptPeriod, retired_at: int) -> bool:
        age = self._clock() - retired_at
        if age < KNOWN_MS:
            return False
        await self._index.drop(period.ladder)
        if age >= SURE_MS:
            await self._periods.note_dropped(period.ladder)
        return True

    async def _remove_old(self, board: Board, most: int) -> int:
        """Expire the board's periods that are not kept any longer, and remove those that are expired."""
        if board.keep_days is None or most <= 0:
            return 0
        kept_from = self._clock() - board.keep_days * _A_DAY_MS
        removed = 0
        for period in await self._periods.old(board, number_of_start(kept_from), _PERIODS_A_ROUND):
            if period.expired_at is None:
                if _ends_at(period) <= kept_from:
                    await self._periods.expire(period.ladder, self._clock())
            elif period.expired_at + KNOWN_MS <= self._clock() and removed < most:
                removed += await self._remove(period, most - removed)
        return removed

    async def _remove(self, period: KeptPeriod, most: int) -> int:
        removed = 0
        while removed < most and (some := await self._periods.remove(period.ladder, _CHUNK)):
            removed += some
        return removed


def _ends_at(period: KeptPeriod) -> int:
    known = period.ladder.board.calendar.numbered(period.ladder.period)
    return known.ends_at if known.ends_at is not None else (known.starts_at or 0) + _LONGEST_SEASON_MS
