"""Maintenance of past standings: the copy of existing standings, checkpoints, and retention."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import NamedTuple

import structlog

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.grouping import grouped
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.timing import COMMIT_LIMIT_MS, PROPAGATION_MS, SETTLE_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import RankIndex
from leaderforge.ports.moments import MomentStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.leases import Lease

_EVERY_MS = 5_000
"""Minimum time between two runs in a process, in ms."""
_DAY_MS = 86_400_000
_FORGET_AFTER_MS = 3_600_000
"""Time for which states and checkpoints are kept after the end of the retention, in ms.

A run uses the settings from its start, and may take minutes. If `moment_days` is raised meanwhile, the moments that can
still be read then must be complete. A read that began at the first moment must not miss states either.
"""
_CHECKPOINTS = 100
"""Maximum number of checkpoints that one run adds to a ladder. If more are due, the next runs add them."""
_PAUSE_MS = 60_000
"""Pause (ms) of a job, for one board or ladder, after its first failure. Each further failure doubles the pause."""
_MAX_PAUSE_MS = 3_600_000
_PLAYERS = 1_000
"""Maximum number of players for whom one step stores the missing states."""
_STEPS = 100
"""Maximum number of steps (see `_PLAYERS`) for a board in a day."""


class _Pause(NamedTuple):
    """Pause of a job after failures: its end, a time in ms, and its length in ms."""

    until: int
    length: int


class MomentMaintenance:
    """Jobs for the boards that keep past standings. A lease admits one process at a time to the jobs.

    If a job fails for a board or ladder, all other jobs go on. The failed job is repeated after a pause. The next
    checkpoint of a ladder is added after `changes` changes.
    """

    def __init__(
        self,
        store: ScoreStore,
        moments: MomentStore,
        index: RankIndex,
        clock: Clock,
        telemetry: Telemetry,
        *,
        changes: int,
    ) -> None:
        self._store = store
        self._moments = moments
        self._clock = clock
        self._telemetry = telemetry
        self._changes = changes
        self._lease = Lease(index, "moments")
        self._last_run = 0
        self._forgotten: dict[int, int] = {}
        self._without_moments: dict[int, int] = {}
        self._pauses: dict[tuple[int, int | None], _Pause] = {}

    async def run_if_due(self) -> int:
        """Run all jobs unless this process ran them less than `_EVERY_MS` ago. Return what `run` returns."""
        now = self._clock()
        if abs(now - self._last_run) < _EVERY_MS:
            return 0
        self._last_run = now
        return await self.run()

    async def run(self) -> int:
        """Run all jobs. Return the number of boards that need jobs, 0 if another process has the lease."""
        boards = await self._store.boards()
        erased = grouped((ladder.board, ladder) for ladder in await self._moments.ladders_to_correct(boards))
        # Boards that no longer keep past standings still have states, and the keys of players in their checkpoints.
        due = [board for board in boards if self._may_forget_all(board) or board.moments is not None or board in erased]
        if not due or not await self._lease.acquire():
            return 0
        async with self._lease.renewal():
            for board in due:
                await self._attempt(board, None, partial(self._maintain, board, erased.get(board, ())))
        return len(due)

    async def _attempt(self, board: Board, period: int | None, job: Callable[[], Awaitable[None]]) -> None:
        """Run a job for a board, or for its ladder of a period, unless the job pauses. Log errors, but raise none."""
        last, now = self._pauses.get((board.id, period)), self._clock()
        if last is not None and last.until - last.length <= now < last.until:
            return
        try:
            await job()
        except LeaderForgeError as error:
            length = min(2 * last.length, _MAX_PAUSE_MS) if last else _PAUSE_MS
            self._pauses[board.id, period] = _Pause(now + length, length)
            self._telemetry.count("moment_failures")
            structlog.get_logger("leaderforge.moments").warning(
                "moment_job_failed", board=board.slug, period=period, pause_ms=length, error=str(error)
            )
        else:
            self._pauses.pop((board.id, period), None)

    async def _maintain(self, board: Board, erased: Sequence[Ladder]) -> None:
        """Run the jobs of a board. The checkpoints of the ladders `erased` may count erased players."""
        for ladder in erased:
            self._telemetry.count("moment_corrections", await self._moments.correct(ladder))
        if board.moments is None:
            if self._may_forget_all(board):
                await self._forget_all(board)
            return
        if board.moments.since is None:
            # Copy only once all processes store changes of standings. Else a change during the copy could be lost.
            if board.moments.enabled_at + PROPAGATION_MS <= self._clock():
                await self._copy(board)
            return
        if board.segments and board.moments.segments_since is None:
            # Copy again, because an earlier version stored the states without segments.
            await self._copy(board)
        for ladder in await self._ladders(board):
            await self._attempt(board, ladder.period, partial(self._add_checkpoints, ladder))
        if self._forgotten.get(board.id, 0) + _DAY_MS <= self._clock():
            await self._forget(board)
            self._forgotten[board.id] = self._clock()

    async def _copy(self, board: Board) -> None:
        """Copy all standings of the board to the past standings. The end of the copy is the board's first moment."""
        async with aclosing(self._store.players_on(board)) as players:
            async for user_ids in players:
                await self._moments.copy_standings(board, user_ids)
        await self._moments.begin(board, self._clock())

    async def _ladders(self, board: Board) -> list[Ladder]:
        """Return the ladders of the board that may still change: all except retired periods."""
        all_time = [Ladder(board)] if PeriodKind.ALL_TIME in board.calendar.kinds else []
        return all_time + [ladder for ladder in await self._store.ladders_of(board) if ladder.indexed]

    async def _add_checkpoints(self, ladder: Ladder) -> None:
        until = await self._final_moment()
        for _ in range(_CHECKPOINTS):
            if not await self._moments.add_checkpoint(ladder, self._changes, until):
                break
            self._telemetry.count("moment_checkpoints")

    async def _final_moment(self) -> int:
        """Return a time (ms). No change that was received before this time can be committed any more."""
        until, in_doubt = self._clock() - SETTLE_MS, await self._store.in_doubt_since()
        return until if in_doubt is None else min(until, in_doubt - COMMIT_LIMIT_MS)

    async def _forget(self, board: Board) -> None:
        """Delete the states and checkpoints that no moment needs since `_FORGET_AFTER_MS` before the first moment.

        Before the deletion, store missing states. Then compare the last checkpoint of each ladder with the states, and
        repair a wrong checkpoint.
        """
        first = None if board.moments is None else board.moments.first(self._clock(), board.frozen_at)
        if first is None:
            return
        needed_from = first - _FORGET_AFTER_MS
        await self._store_missing_states(board)
        for ladder in await self._ladders(board):
            for revision in (await self._moments.checkpoints(ladder))[-1:]:
                if not await self._moments.repair_checkpoint(ladder, revision):
                    self._telemetry.count("moment_checkpoints_repaired")
        await self._moments.forget_checkpoints(board, needed_from)
        async with aclosing(self._store.players_on(board)) as players:
            async for user_ids in players:
                await self._moments.forget_before(board, user_ids, needed_from)

    def _may_forget_all(self, board: Board) -> bool:
        """Return whether the last deletion of the board's states was a day ago, and no process reads moments of it."""
        if board.moments is not None:
            self._without_moments.pop(board.id, None)
            return False
        now = self._clock()
        is_propagated = self._without_moments.setdefault(board.id, now) + PROPAGATION_MS <= now
        return is_propagated and self._forgotten.get(board.id, 0) + _DAY_MS <= now

    async def _forget_all(self, board: Board) -> None:
        """Delete the states and checkpoints of a board without moments."""
        if await self._moments.has_states(board):
            async with aclosing(self._store.players_on(board)) as players:
                async for user_ids in players:
                    if not await self._moments.forget_all(board, user_ids):
                        return
        self._forgotten[board.id] = self._clock()

    async def _store_missing_states(self, board: Board) -> None:
        """Store present states, and segments of states, that a process of an earlier version did not store."""
        for _ in range(_STEPS):
            user_ids = await self._moments.players_without_state(board, _PLAYERS)
            if user_ids:
                await self._moments.copy_standings(board, user_ids)
                self._telemetry.count("moment_states_added", len(user_ids))
            if len(user_ids) < _PLAYERS:
                break
