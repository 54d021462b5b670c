"""Board maintenance in the background: backfill of added period kinds, purge of deleted boards."""

from collections.abc import Callable
from contextlib import aclosing

from leaderforge.domain.boards import Board, DeletedBoard, Ladder
from leaderforge.domain.timing import PROPAGATION_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import RankIndex
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.leases import Lease
from leaderforge.services.mending import load_standings


class BoardMaintenance:
    """Backfills and purges of boards.

    Any process may run backfills and purges. A lease admits only one process at a time. The next run repeats an
    interrupted backfill or purge.
    """

    def __init__(
        self,
        store: ScoreStore,
        index: RankIndex,
        clock: Clock,
        telemetry: Telemetry,
        on_repair: Callable[[Ladder], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._index = index
        self._clock = clock
        self._telemetry = telemetry
        self._on_repair = on_repair
        self._lease = Lease(index, "boards")

    async def run(self) -> int:
        """Run all due backfills and purges. Return their number, 0 if another process holds the lease."""
        backfills = [board for board in await self._store.boards_to_backfill() if self._may_backfill(board)]
        purges = [deleted for deleted in await self._store.deleted_boards() if self._is_propagated(deleted.deleted_at)]
        if (not backfills and not purges) or not await self._lease.acquire():
            return 0
        async with self._lease.renewal():
            for board in backfills:
                await self._backfill(board)
            for deleted in purges:
                await self._purge(deleted)
        return len(backfills) + len(purges)

    def _may_backfill(self, board: Board) -> bool:
        """Return whether all processes already count new submissions in the added period kinds."""
        return board.backfill is not None and board.backfill.until <= self._clock()

    def _is_propagated(self, changed_at: int) -> bool:
        """Return whether a change made at `changed_at` (ms) has reached every process."""
        return changed_at + PROPAGATION_MS <= self._clock()

    async def _backfill(self, board: Board) -> None:
        retired = {ladder.period for ladder in await self._store.ladders_of(board) if not ladder.indexed}
        for ladder in board.ladders_to_backfill():
            await self._backfill_ladder(ladder._replace(indexed=ladder.period not in retired))
        await self._store.finish_backfill(board)

    async def _backfill_ladder(self, ladder: Ladder) -> None:
        """Compute the ladder's standings from stored events. Load them into the index if the index has the ladder."""
        period = ladder.board.calendar.numbered(ladder.period)
        async with aclosing(self._store.players_between(ladder.board, period)) as players:
            async for user_ids in players:
                standings = await self._store.refold(ladder, user_ids)
                if ladder.indexed:
                    await load_standings(self._index, self._store, ladder, standings)
                self._on_repair(ladder)
                self._telemetry.count("standings_backfilled", len(standings))

    async def _purge(self, deleted: DeletedBoard) -> None:
        for ladder in deleted.ladders:
            await self._index.drop(ladder)
        async with aclosing(self._store.players_on(deleted.board)) as players:
            async for user_ids in players:
                await self._store.purge(deleted.board, user_ids)
        # As the last step, mark the purge as finished. After a crash before this step, the next run repeats the purge.
        await self._store.forget_board(deleted.board)
        self._telemetry.count("boards_purged")
