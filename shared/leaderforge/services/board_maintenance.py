"""What boards need in the background: periods completed from earlier scores, deleted boards purged."""

from collections.abc import Callable

from leaderforge.domain.board_settings import PROPAGATION_MS
from leaderforge.domain.boards import Board, DeletedBoard, Ladder
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import RankIndex
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.leases import Lease
from leaderforge.services.mending import load_standings


class BoardMaintenance:
    """Does what is due. Any process may run it; a lease lets one at a time. What is cut short is begun again."""

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
        """Do what is due and return for how many boards; nothing if another process is at it."""
        backfills = [board for board in await self._store.boards_to_backfill() if self._may_be_completed(board)]
        purges = [deleted for deleted in await self._store.deleted_boards() if self._is_known(deleted.deleted_at)]
        if (not backfills and not purges) or not await self._lease.taken():
            return 0
        async with self._lease.held():
            for board in backfills:
                await self._complete(board)
            for deleted in purges:
                await self._purge(deleted)
        return len(backfills) + len(purges)

    def _may_be_completed(self, board: Board) -> bool:
        return board.backfill is not None and board.backfill.until <= self._clock()

    def _is_known(self, changed_at: int) -> bool:
        """Whether every process surely acts on what was changed then."""
        return changed_at + PROPAGATION_MS <= self._clock()

    async def _complete(self, board: Board) -> None:
        retired = {ladder.period for ladder in await self._store.ladders_of(board) if not ladder.indexed}
        for ladder in board.ladders_to_backfill():
            await self._complete_ladder(ladder._replace(indexed=ladder.period not in retired))
        await self._store.finish_backfill(board)

    async def _complete_ladder(self, ladder: Ladder) -> None:
        """Count everybody's earlier scores. Whoever submits meanwhile has the newer revision, in the index too."""
        period = ladder.board.calendar.numbered(ladder.period)
        async for user_ids in self._store.players_between(ladder.board, period):
            standings = await self._store.refold(ladder, user_ids)
            if ladder.indexed:
                await load_standings(self._index, self._store, ladder, standings)
            self._on_repair(ladder)
            self._telemetry.count("standings_backfilled", len(standings))

    async def _purge(self, deleted: DeletedBoard) -> None:
        for ladder in deleted.ladders:
            await self._index.drop(ladder)
        async for user_ids in self._store.players_on(deleted.board):
            await self._store.purge(deleted.board, user_ids)
        await self._store.forget_board(deleted.board)
        self._telemetry.count("boards_purged")
