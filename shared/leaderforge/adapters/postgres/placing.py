"""Standings of one player on all boards, with their ladders."""

from collections.abc import Mapping, Sequence

from leaderforge.adapters.postgres.boards import board_of
from leaderforge.adapters.postgres.pool import Connection, Record
from leaderforge.adapters.postgres.standing_rows import standing_of_row
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.standings import LadderStanding


async def standings_of_player(connection: Connection, user_id: int, since: int = 0) -> Sequence[LadderStanding]:
    """Return the player's standings whose revisions are at least `since`, without standings on deleted boards."""
    rows = await connection.fetch(statement("standings_of_users"), joined([user_id]))
    boards = {board.id: board for board in map(board_of, await connection.fetch(statement("boards")))}
    rows = [row for row in rows if row["revision"] >= since and row["board_id"] in boards]
    ladders = await _ladders(connection, rows, boards)
    pairs = [(ladders[row["board_id"], row["period_id"]], row) for row in rows]
    return [(ladder, standing_of_row(ladder.board, row)) for ladder, row in pairs]


async def _ladders(
    connection: Connection, rows: Sequence[Record], boards: Mapping[int, Board]
) -> Mapping[tuple[int, int], Ladder]:
    """Return the ladders of these standings, by board id and period number."""
    ids = {(row["board_id"], row["period_id"]) for row in rows}
    board_ids, period_ids = joined({board for board, _ in ids}), joined({period for _, period in ids})
    retired = {tuple(row) for row in await connection.fetch(statement("retired_periods"), board_ids, period_ids)}
    return {(b, p): Ladder(boards[b], p, indexed=(b, p) not in retired) for b, p in ids}
