"""Past submissions, from PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from leaderforge.adapters.postgres.boards import board_of
from leaderforge.adapters.postgres.pool import Pool, Record
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order, Policy
from leaderforge.domain.history import HistoryPoint, HistoryPosition, PlayedLadder
from leaderforge.domain.order import ranked_score

_END = HistoryPosition(2**63 - 1, 2**63 - 1, UUID(int=2**128 - 1))
"""Position after all stored events. A listing from here starts with the latest event."""


class PostgresHistoryStore:
    """`HistoryStore` on PostgreSQL. Each call scans all events of the player on the board, whatever the limit."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def points(
        self, board: Board, user_id: int, limit: int, before: HistoryPosition | None = None
    ) -> Sequence[HistoryPoint]:
        # Each policy has a statement of its own, with a running minimum, a running sum or no window.
        query = statement(f"history_{board.policy}")
        values = user_id, board.id, *(before or _END), limit, *fold_parameters(board)
        return [_point(row) for row in await self._pool.fetch(query, *values)]

    async def played(self, board: Board, user_id: int, limit: int) -> Sequence[PlayedLadder]:
        rows = await self._pool.fetch(statement("periods_of_player"), user_id, board.id, limit)
        return [
            PlayedLadder(Ladder(board, row["period_id"], not row["retired"]), row["hidden"], row["external_id"])
            for row in rows
        ]

    async def boards_of(
        self, user_id: int, limit: int, *, after: str = "", private: bool, hidden: bool
    ) -> Sequence[Board]:
        rows = await self._pool.fetch(statement("boards_of_player"), user_id, after, private, hidden, limit)
        return [board_of(row) for row in rows]


def fold_parameters(board: Board) -> Sequence[int]:
    """Return the last parameters of history_*.sql and challenge_*.sql, for the board's policy.

    `best`: the factors that make lower scores and lower subscores better. `sum`: the largest magnitudes of the sums of
    scores and of subscores. `latest` has none.
    """
    match board.policy:
        case Policy.BEST:
            return ranked_score(board.order, 1), ranked_score(board.subscore_order or Order.ASC, 1)
        case Policy.SUM:
            return board.score_type.greatest, MAX_INTEGER
        case Policy.LATEST:
            return ()


def _point(row: Record) -> HistoryPoint:
    position = HistoryPosition(row["achieved_at"], row["received_us"], row["submission_id"])
    return HistoryPoint(position, row["submitted"], row["score"], row["subscore"], row["numbers"])
