"""Comparison of stored checkpoints with the stored states, and search for standings without a state."""

from collections.abc import Sequence

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.periods import ALL_TIME, PeriodKind
from leaderforge.domain.settlement import SettlementFault
from leaderforge.domain.times import time_text
from leaderforge.ports.moments import MomentStore
from leaderforge.ports.scores import ScoreStore

_CHECKPOINTS = 20
"""Maximum number of checkpoints of a ladder that are compared. Each of them costs a scan of the ladder."""
_PLAYERS = 100
"""Maximum number of players without a stored state in the list for a board."""


class MomentComparison:
    """Comparison of all boards that keep past standings. It only reads, and repairs nothing."""

    def __init__(self, store: ScoreStore, moments: MomentStore) -> None:
        self._store = store
        self._moments = moments

    async def faults(self) -> Sequence[SettlementFault]:
        """Return the checkpoints that differ from a new count of all states, and the players without a stored state.

        Of a ladder with many checkpoints, only a sample is compared: the latest, and others at equal distances.
        """
        faults: list[SettlementFault] = []
        for board in await self._store.boards():
            if board.moments is not None and board.moments.since is not None:
                faults += await self._states(board)
                for ladder in await self._ladders(board):
                    faults += await self._checkpoints(ladder)
        return faults

    async def _ladders(self, board: Board) -> Sequence[Ladder]:
        all_time = [Ladder(board)] if PeriodKind.ALL_TIME in board.calendar.kinds else []
        return all_time + [ladder for ladder in await self._store.ladders_of(board) if ladder.period != ALL_TIME]

    async def _states(self, board: Board) -> Sequence[SettlementFault]:
        user_ids = await self._moments.players_without_state(board, _PLAYERS)
        texts = [f"the present state of player {user_id} is missing in the past standings" for user_id in user_ids]
        return [SettlementFault(board.slug, "all", text) for text in texts]

    async def _checkpoints(self, ladder: Ladder) -> Sequence[SettlementFault]:
        revisions = await self._moments.checkpoints(ladder)
        step = -(-len(revisions) // _CHECKPOINTS) or 1
        compared = revisions[::-1][::step]
        wrong = [revision for revision in compared if not await self._is_correct(ladder, revision)]
        texts = [f"the checkpoint of {time_text(revision // 1000)} has wrong numbers" for revision in sorted(wrong)]
        return [SettlementFault(ladder.board.slug, ladder.period_name, text) for text in texts]

    async def _is_correct(self, ladder: Ladder, revision: int) -> bool:
        """Return whether a checkpoint is correct. Compare a wrong checkpoint again: an erasure may be in progress."""
        for _ in range(2):
            if await self._moments.is_checkpoint_correct(ladder, revision):
                return True
        return False
