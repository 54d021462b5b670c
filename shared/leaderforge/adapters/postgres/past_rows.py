"""Past standings as rows of the database."""

from collections.abc import Iterable

from leaderforge.adapters.postgres.pool import Connection
from leaderforge.adapters.postgres.standing_rows import SIGNS, StandingKey, Standings, subranked
from leaderforge.adapters.postgres.statements import run_rows, statement
from leaderforge.domain.boards import Board
from leaderforge.domain.standings import Standing

PAST_COLUMNS = (
    *("user_id", "board_id", "period_id", "revision", "ranked", "subranked", "achieved_at", "submissions", "hidden"),
    *("has_metadata", "run_id", "segments"),
)
"""Columns of `past_standings`, in the order of the values of `past_row`."""


def past_row(key: StandingKey, board: Board, standing: Standing) -> tuple[object, ...]:
    """Return the values of a standing's row in `past_standings`."""
    return (
        *key,
        standing.revision,
        standing.score * SIGNS[board.order],
        subranked(board, standing.subscore),
        standing.achieved_at,
        standing.submissions,
        standing.hidden,
        standing.metadata is not None,
        standing.run_id,
        list(standing.segments or ()) if board.segments else None,
    )


async def keep_past(connection: Connection, standings: Standings, boards: Iterable[Board]) -> None:
    """Store the states of the standings whose boards keep past standings."""
    keeping = {board.id: board for board in boards if board.moments is not None}
    if keeping:
        rows = [past_row(key, keeping[key[1]], standings[key]) for key in sorted(standings) if key[1] in keeping]
        await run_rows(connection, "keep_past", rows)


async def keep_past_of_player(connection: Connection, user_id: int) -> None:
    """Store the current states of a player's standings on all boards that keep past standings."""
    states = await connection.fetch(statement("states_of_player"), user_id)
    await run_rows(connection, "keep_past", [tuple(state) for state in states])
