"""Activity of boards in PostgreSQL."""

from collections.abc import Sequence

from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.activity import LEADERS_A_MINUTE, MAX_A_MINUTE, MINUTE_MS, ActivityPoint, RecentScore
from leaderforge.domain.boards import Board

_ALL_BOARDS = 0
"""Board id of the sums over all boards.

Each folded minute has a row of these sums. Therefore the latest of these rows shows the last folded minute.
"""


class PostgresActivity:
    """`ActivityStore` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def folded_until(self) -> int | None:
        [row] = await self._pool.fetch(statement("folded_activity"), _ALL_BOARDS)
        return None if row["minute"] is None else int(row["minute"]) + MINUTE_MS

    async def fold(self, since: int, until: int) -> int:
        rows = await self._pool.fetch(
            statement("activity_between"), since, until, LEADERS_A_MINUTE, MAX_A_MINUTE, MINUTE_MS
        )
        return await self._pool.transact(lambda connection: _store(connection, rows, range(since, until, MINUTE_MS)))

    async def forget(self, before: int) -> None:
        await self._pool.fetch(statement("forget_activity"), before)
        await self._pool.fetch(statement("forget_leaders"), before)

    async def points(self, board: Board, since: int, step_ms: int) -> Sequence[ActivityPoint]:
        rows = await self._pool.fetch(statement("activity_points"), board.id, since, step_ms)
        return [ActivityPoint(row["at"], row["submissions"], row["players"]) for row in rows]

    async def leaders(self, board: Board, since: int, limit: int) -> Sequence[RecentScore]:
        rows = await self._pool.fetch(statement("minute_leaders"), board.id, since, limit)
        return [_score(row, row["submissions"]) for row in rows]

    async def newest(self, board: Board, since: int, limit: int) -> Sequence[RecentScore]:
        return [_score(row) for row in await self._pool.fetch(statement("newest_events"), board.id, since, limit)]


async def _store(connection: Connection, rows: Sequence[Record], minutes: range) -> int:
    """Store folded minutes, and return the number of their events."""
    of_boards = {(row["board_id"], row["minute"]): (row["submissions"], row["players"]) for row in rows}
    of_all = dict.fromkeys(minutes, 0)
    for (_, minute), (submissions, _) in of_boards.items():
        of_all[minute] += submissions
    totals = [(_ALL_BOARDS, minute, submissions, 0) for minute, submissions in of_all.items()]
    for activity in (*(key + counts for key, counts in of_boards.items()), *totals):
        await connection.execute(statement("store_activity"), *activity)
    for row in rows:
        await connection.execute(
            statement("store_leader"),
            row["user_id"],
            row["board_id"],
            row["minute"],
            row["submission_id"],
            row["player_submissions"],
        )
    return sum(of_all.values())


def _score(row: Record, submissions: int = 1) -> RecentScore:
    return RecentScore(row["user_id"], row["submission_id"], row["score"], row["achieved_at"], submissions)
