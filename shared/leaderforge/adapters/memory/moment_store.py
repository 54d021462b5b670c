"""In-memory moments, over the past standings of the score store."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from leaderforge.adapters.memory.ranking import RowRanking
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.merge import Row
from leaderforge.domain.moments import revision_at
from leaderforge.domain.sources import Source
from leaderforge.domain.standings import Standing, is_in_segment, is_listed
from leaderforge.ports.ranking import Ranking


class MemoryMoments:
    """`MomentStore` over a `MemoryScoreStore`. It keeps all states permanently, and needs no checkpoints."""

    def __init__(self, scores: MemoryScoreStore) -> None:
        self._scores = scores

    def ranking(self, moment: int) -> Ranking:
        return MemoryPastRanking(self._scores, revision_at(moment))

    async def metadata(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, str]:
        states = [s for s in self._scores.past_standings(ladder, revision_at(ladder.at or 0)) if s.user_id in user_ids]
        return {
            s.user_id: s.metadata
            for s in states
            if s.metadata is not None and self._scores.was_recorded((s.user_id, ladder.board.id, s.run_id), s.revision)
        }

    async def copy_standings(self, board: Board, user_ids: Sequence[int]) -> None:
        return None  # all states are stored already

    async def begin(self, board: Board, since: int) -> bool:
        return self._scores.begin_moments(board, since)

    async def add_checkpoint(self, ladder: Ladder, changes: int, until: int) -> bool:
        return False

    async def ladders_to_correct(self, boards: Collection[Board]) -> Sequence[Ladder]:
        return []

    async def correct(self, ladder: Ladder) -> int:
        return 0

    async def checkpoints(self, ladder: Ladder) -> Sequence[int]:
        return []

    async def is_checkpoint_correct(self, ladder: Ladder, revision: int) -> bool:
        return True

    async def players_without_state(self, board: Board, limit: int) -> Sequence[int]:
        return []

    async def repair_checkpoint(self, ladder: Ladder, revision: int) -> bool:
        return True

    async def forget_before(self, board: Board, user_ids: Sequence[int], moment: int) -> None:
        return None

    async def has_states(self, board: Board) -> bool:
        return False  # there are none to delete

    async def forget_all(self, board: Board, user_ids: Sequence[int]) -> bool:
        return board.moments is None

    async def forget_checkpoints(self, board: Board, moment: int) -> None:
        return None


class MemoryPastRanking(RowRanking):
    """`Ranking` as of a revision."""

    source = Source.STORE

    def __init__(self, scores: MemoryScoreStore, revision: int) -> None:
        self._scores = scores
        self._revision = revision

    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        states = [s for s in self._states(ladder) if s.user_id in user_ids and not s.removed]
        return {s.user_id: self._scores.row_of(ladder, s) for s in states}

    def _rows(self, ladder: Ladder) -> list[Row]:
        ranked = (state for state in self._states(ladder) if is_listed(ladder.board, state))
        return sorted((self._scores.row_of(ladder, state) for state in ranked), key=lambda row: row.key)

    def _states(self, ladder: Ladder) -> Iterable[Standing]:
        states = self._scores.past_standings(ladder, self._revision)
        return (state for state in states if is_in_segment(ladder, state))
