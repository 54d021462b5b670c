"""Board maintenance in PostgreSQL: backfill of periods, and purge of deleted boards."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from leaderforge.adapters.postgres.boards import board_of
from leaderforge.adapters.postgres.event_rows import event_of_row
from leaderforge.adapters.postgres.past_rows import keep_past
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.pool import Connection, Pool
from leaderforge.adapters.postgres.standing_rows import (
    bounds_of_period,
    key_of_standing,
    period_bounds,
    replacing_row,
    standing_of_row,
)
from leaderforge.adapters.postgres.statements import joined, run_rows, statement
from leaderforge.adapters.postgres.writing import hide_newcomers, segment_newcomers
from leaderforge.domain.backfills import backfills_text, without_backfill
from leaderforge.domain.boards import Board, DeletedBoard, Ladder
from leaderforge.domain.grouping import grouped
from leaderforge.domain.periods import Period
from leaderforge.domain.standings import Standing, fold, in_range, removed_standing
from leaderforge.ports.clock import Clock

_CHUNK = 500
"""Maximum players of a chunk."""
_PARTS_OF_BOARD = (
    "entrants",
    "occurrences",
    "awards",
    "award_rules",
    "resettlements",
    "periods",
    "settlements",
    "league_divisions",
    "league_periods",
    "noticed_tops",
    "moment_checkpoints",
    "moment_corrections",
    "segment_checkpoints",
    "segment_corrections",
    "challenge_players",
    "challenges",
    "team_progress",
    "board",
)
"""Kinds of rows that are deleted with a board. The row of the board itself is last."""
_PURGES = (
    "purge_league_members",
    "purge_league_results",
    "purge_noticed_tiers",
    "purge_past_standings",
    "purge_team_contributions",
    "purge_standings",
    "purge_events",
)
"""Statements that delete the rows of players on a board."""


class PostgresBoardMaintenance:
    """`BoardMaintenanceStore` on PostgreSQL. `clock` is in microseconds."""

    def __init__(self, pool: Pool, periods: Periods, clock: Clock) -> None:
        self._pool = pool
        self._periods = periods
        self._clock = clock

    async def boards_to_backfill(self) -> Sequence[Board]:
        return [board_of(row) for row in await self._pool.fetch(statement("boards_to_backfill"))]

    async def players_between(self, board: Board, period: Period) -> AsyncGenerator[Sequence[int], None]:
        players = self._pool.stream(statement("players_between"), board.id, *bounds_of_period(period), chunk=_CHUNK)
        async with aclosing(players):
            async for rows in players:
                yield [row["user_id"] for row in rows]

    async def refold(self, ladder: Ladder, user_ids: Sequence[int]) -> Sequence[Standing]:
        await self._periods.open([ladder])
        return await self._pool.transact(lambda connection: _refold(connection, ladder, user_ids, self._clock()))

    async def finish_backfill(self, board: Board) -> bool:
        until = None if board.backfill is None else board.backfill.until
        past = backfills_text(without_backfill(board, self._clock() // 1000).past_backfills)
        return bool(await self._pool.fetch(statement("finish_backfill"), board.id, until, past))

    async def deleted_boards(self) -> Sequence[DeletedBoard]:
        # Boards that an older version deleted have no time of deletion. 0 stands for a deletion long ago.
        rows = {board_of(row): row["deleted_at"] or 0 for row in await self._pool.fetch(statement("deleted_boards"))}
        return [
            DeletedBoard(board, [Ladder(board), *await self._periods.of_board(board)], at) for board, at in rows.items()
        ]

    async def players_on(self, board: Board) -> AsyncGenerator[Sequence[int], None]:
        # Teams may have contributions without a standing.
        for name in ("players_on",) if board.team is None else ("players_on", "teams_on"):
            async with aclosing(self._pool.stream(statement(name), board.id, chunk=_CHUNK)) as players:
                async for rows in players:
                    yield [row["user_id"] for row in rows]

    async def purge(self, board: Board, user_ids: Sequence[int]) -> None:
        # Purge events last. If the last statement fails, `players_on` still finds the players by their events.
        for purge in _PURGES:
            await self._pool.fetch(statement(purge), board.id, joined(user_ids))

    async def forget_board(self, board: Board) -> None:
        for part in _PARTS_OF_BOARD:
            await self._pool.fetch(statement(f"forget_{part}"), board.id)


async def _refold(connection: Connection, ladder: Ladder, user_ids: Sequence[int], now: int) -> Sequence[Standing]:
    """Replace standings by the fold of all events in the ladder's period. `now` is in microseconds since 1970.

    Each event counts exactly once, also with concurrent submissions. A submission inserts its event before it locks and
    changes the standing. This function locks the standing before it reads the events.

    If the submission locks the standing first, this function waits for the commit, and reads the event. If this
    function locks the standing first, the event is not committed, and this function does not read it. The submission
    then adds the event to the standing.

    Every process must already count submissions on this ladder. A backfill therefore starts after the propagation time.
    """
    board = ladder.board
    empty = [removed_standing(board, user_id, now) for user_id in sorted(user_ids)]
    await run_rows(connection, "hold_standings", [replacing_row(ladder, standing, now) for standing in empty])
    folded = await _fold_events(connection, ladder, user_ids)
    rows = [replacing_row(ladder, folded.get(standing.user_id, standing), now) for standing in empty]
    written = await run_rows(connection, "replace_standings", rows)
    standings = {row["user_id"]: standing_of_row(board, row) for row in written}
    changed = dict(await segment_newcomers(connection, [key_of_standing(i, ladder) for i in user_ids], [board]))
    changed |= await hide_newcomers(connection, user_ids, {board.id: board})
    standings |= {i: changed[key] for i in standings if (key := (i, board.id, ladder.period)) in changed}
    by_key = {(user_id, board.id, ladder.period): standing for user_id, standing in standings.items()}
    await keep_past(connection, by_key, [board])
    await run_rows(connection, "touch", [(standing.user_id, now // 1000) for standing in empty])
    return list(standings.values())


async def _fold_events(connection: Connection, ladder: Ladder, user_ids: Sequence[int]) -> dict[int, Standing]:
    ids = ladder.board.id, joined(user_ids), ladder.period
    rows = await connection.fetch(statement("events_between"), *ids, *period_bounds(ladder))
    events_by_user = grouped((row["user_id"], event_of_row(row)) for row in rows)
    # A sum of one period may exceed the range although the sum of all time does not. Do not stop the backfill for it.
    return {user_id: in_range(ladder.board, fold(ladder.board, events)) for user_id, events in events_by_user.items()}
