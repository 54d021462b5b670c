"""Maintenance of past standings: the copy of existing standings, checkpoints, and retention."""

from contextlib import aclosing

from leaderforge.domain.boards import Board, Ladder
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
_CHECKPOINTS = 100
"""Maximum number of checkpoints that one run adds to a ladder. If more are due, the next runs add them."""


class MomentMaintenance:
    """Jobs for the boards that keep past standings. A lease admits one process at a time to the jobs.

    The next checkpoint of a ladder is added after `changes` changes.
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

    async def run_if_due(self) -> int:
        """Run all jobs unless this process ran them less than `_EVERY_MS` ago. Return the number of boards."""
        now = self._clock()
        if abs(now - self._last_run) < _EVERY_MS:
            return 0
        self._last_run = now
        return await self.run()

    async def run(self) -> int:
        """Run all jobs. Return the number of boards with past standings, 0 if another process has the lease."""
        boards = [board for board in await self._store.boards() if board.moments is not None]
        if not boards or not await self._lease.acquire():
            return 0
        async with self._lease.renewal():
            for board in boards:
                await self._maintain(board)
        return len(boards)

    async def _maintain(self, board: Board) -> None:
        if board.moments is None:
            return
        if board.moments.since is None:
            # Copy only once all processes store changes of standings. Else a change during the copy could be lost.
            if board.moments.enabled_at + PROPAGATION_MS <= self._clock():
                await self._copy(board)
            return
        if board.segments and board.moments.segments_since is None:
            # The states were stored by a version that did not store segments.
            await self._copy(board)
        for ladder in await self._ladders(board):
            await self._add_checkpoints(ladder)
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
        corrected = await self._moments.correct(ladder)
        self._telemetry.count("moment_corrections", corrected)
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
        """Delete the states and checkpoints that no moment since the board's first one needs.

        Before the deletion, compare the last checkpoint of each ladder with the states, and repair it if it is wrong.
        """
        first = None if board.moments is None else board.moments.first(self._clock(), board.frozen_at)
        if first is None:
            return
        for ladder in await self._ladders(board):
            for revision in (await self._moments.checkpoints(ladder))[-1:]:
                if not await self._moments.repair_checkpoint(ladder, revision):
                    self._telemetry.count("moment_checkpoints_repaired")
        await self._moments.forget_checkpoints(board, first)
        async with aclosing(self._store.players_on(board)) as players:
            async for user_ids in players:
                await self._moments.forget_before(board, user_ids, first)
