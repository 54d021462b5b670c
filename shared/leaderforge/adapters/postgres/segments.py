"""Moves of a player between segments, in PostgreSQL."""

from collections.abc import Sequence

from leaderforge.adapters.postgres.boards import board_of
from leaderforge.adapters.postgres.placing import standings_of_player
from leaderforge.adapters.postgres.pool import Connection
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.boards import Ladder
from leaderforge.domain.standings import LadderStanding


async def move_segments(connection: Connection, user_id: int, now: int) -> Sequence[LadderStanding]:
    """Move the player's standings in open periods to the segments of the player's attributes, and return the standings.

    The caller's transaction has locked the player with lock_player.sql, and then changed the attributes. `now` is in us
    since 1970, and the lower bound of new revisions. Past periods stay as they are.
    """
    boards = {board.id: board for board in map(board_of, await connection.fetch(statement("boards"))) if board.segments}
    if not boards:
        return []
    rows = await connection.fetch(statement("lock_standings"), user_id)
    for board in boards.values():
        standings = (Ladder(board, row["period_id"]) for row in rows if row["board_id"] == board.id)
        periods = [ladder.period for ladder in standings if not ladder.is_over(now // 1000)]
        if periods:
            values = user_id, board.id, joined(periods), ",".join(board.segments), now
            await connection.execute(statement("move_segments"), *values)
    return await standings_of_player(connection, user_id, now)
