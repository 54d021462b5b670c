"""Activity of boards, which maintenance folds from the events and the console reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from leaderforge.domain.activity import MINUTE_MS, RETENTION_MS, ActivityPoint, RecentScore, Suspect, suspects
from leaderforge.domain.boards import Board
from leaderforge.domain.timing import SETTLE_MS
from leaderforge.ports.activity import ActivityStore
from leaderforge.ports.clock import Clock
from leaderforge.ports.leases import LeaseStore
from leaderforge.ports.scores import ChangeLog
from leaderforge.services.cadence import Cadence

HOUR_MS = 3_600_000
STEP_MS_BY_HOURS = {1: MINUTE_MS, 6: 5 * MINUTE_MS, 24: 15 * MINUTE_MS, 48: 30 * MINUTE_MS}
"""Length of the intervals (ms) of a report, by the hours that the report covers."""

_EVERY_S = 60.0
"""Minimum time between two folds by all processes, in s."""
_MAX_MINUTES = 60
"""Maximum minutes that one fold covers. After an outage, several folds catch up, and no statement reads too much."""
_ROWS = 10
"""Maximum number of the newest scores in a report, and maximum number of the suspicious scores."""
_MAX_COMPARED = 5_000
"""Maximum number of scores that are compared in the search for suspicious scores."""
_WINDOWS_MS = (10_000, 10 * MINUTE_MS, HOUR_MS)
"""Maximum ages (ms) of the newest scores, tried in order.

On a busy board, the first age suffices and reads few events.
"""


@dataclass(frozen=True, slots=True)
class ActivityReport:
    """Activity of a board in intervals of `step_ms` up to `until` (ms), its newest and its most suspicious scores."""

    board: Board
    step_ms: int
    until: int
    points: Sequence[ActivityPoint]
    newest: Sequence[RecentScore]
    suspects: Sequence[Suspect]


class ActivityService:
    """Activity of boards over the last two days. It is computed from stored events, at no cost for submissions."""

    def __init__(self, store: ActivityStore, changes: ChangeLog, leases: LeaseStore, clock: Clock) -> None:
        self._store = store
        self._changes = changes
        self._leases = leases
        self._clock = clock
        self._cadence = Cadence(_EVERY_S)

    async def fold_if_due(self) -> int:
        """Fold new events unless any process did so within the last minute. Return the number of folded events."""
        if not self._cadence.begin():
            return 0
        # No process releases or renews this lease. It therefore admits one fold a minute over all processes.
        return await self.fold() if await self._leases.lease("activity", uuid4().hex, _EVERY_S) else 0

    async def fold(self) -> int:
        """Fold the complete minutes since the last fold, and return the number of their events.

        A minute is complete `SETTLE_MS` after its end, because no event of the minute can be committed later, unless
        the event is in doubt. Do not fold minutes that may have events in doubt.
        """
        now, in_doubt = self._clock(), await self._changes.in_doubt_since()
        until = ((now if in_doubt is None else min(now, in_doubt)) - SETTLE_MS) // MINUTE_MS * MINUTE_MS
        folded = await self._store.folded_until()
        oldest = until - _MAX_MINUTES * MINUTE_MS
        since = oldest if folded is None else max(folded, until - RETENTION_MS)
        if since >= until:
            return 0
        await self._store.forget(until - RETENTION_MS)
        return await self._store.fold(since, min(until, since + _MAX_MINUTES * MINUTE_MS))

    async def report(self, board: Board, hours: int) -> ActivityReport:
        """Return the activity of a board in the last hours, one of `STEP_MS_BY_HOURS`."""
        step_ms = STEP_MS_BY_HOURS[hours]
        until = await self._store.folded_until() or self._clock() // MINUTE_MS * MINUTE_MS
        first = (until - hours * HOUR_MS) // step_ms * step_ms
        stored = {point.at: point for point in await self._store.points(board, first, step_ms)}
        points = [stored.get(at) or ActivityPoint(at, 0, 0) for at in range(first, until, step_ms)]
        leaders = await self._store.leaders(board, first, _MAX_COMPARED)
        newest = await self._newest(board, hours)
        return ActivityReport(board, step_ms, until, points, newest, suspects(board, leaders, _ROWS))

    async def _newest(self, board: Board, hours: int) -> Sequence[RecentScore]:
        scores: Sequence[RecentScore] = []
        for window_ms in (*_WINDOWS_MS, hours * HOUR_MS):
            scores = await self._store.newest(board, self._clock() - window_ms, _ROWS)
            if len(scores) == _ROWS:
                break
        return scores
