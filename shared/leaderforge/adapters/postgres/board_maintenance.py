"""What is done for boards in the background: completing periods from events, and purging deleted boards."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence

from leaderforge.adapters.postgres.boards import board_of
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import listed, run_rows, statement
from leaderforge.adapters.postgres.writing import hide_newcomers, standing_of_row, standing_row
from leaderforge.domain.boards import Board, DeletedBoard, Ladder
from leaderforge.domain.periods import Period
from leaderforge.domain.standings import Event, Standing, fold, removed_standing
from leaderforge.ports.clock import Clock

_CHUNK = 500
_ALWAYS = 2**62
"""Beyond every time that an event can have, either way."""


class PostgresBoardMaintenance:
    """`BoardUpkeep` on PostgreSQL."""

    def __init__(self, pool: Pool, periods: Periods, clock: Clock) -> None:
        self._pool = pool
        self._periods = periods
        self._clock = clock

    async def boards_to_backfill(self) -> Sequence[Board]:
        return [board_of(row) for row in await self._pool.fetch(statement("boards_to_backfill"))]

    async def players_between(self, board: Board, period: Period) -> AsyncIterator[Sequence[int]]:
        players = self._pool.stream(statement("players_between"), board.id, *_bounds(period), chunk=_CHUNK)
        async for rows in players:
            yield [row["user_id"] for row in rows]

    async def refold(self, ladder: Ladder, user_ids: Sequence[int]) -> Sequence[Standing]:
        await self._periods.open([ladder])
        return await self._pool.transact(lambda connection: _refold(connection, ladder, user_ids, self._clock()))

    async def finish_backfill(self, board: Board) -> bool:
        until = None if board.backfill is None else board.backfill.until
        return bool(await self._pool.fetch(statement("finish_backfill"), board.id, until))

    async def deleted_boards(self) -> Sequence[DeletedBoard]:
        rows = {board_of(row): row["deleted_at"] or 0 for row in await self._pool.fetch(statement("deleted_boards"))}
        return [
            DeletedBoard(board, [Ladder(board), *await self._periods.of_board(board)], at) for board, at in rows.items()
        ]

    async def players_on(self, board: Board) -> AsyncIterator[Sequence[int]]:
        async for rows in self._pool.stream(statement("players_on"), board.id, chunk=_CHUNK):
            yield [row["user_id"] for row in rows]

    async def purge(self, board: Board, user_ids: Sequence[int]) -> None:
        # Events go last: they alone tell of players without a standing.
        for purge in ("purge_standings", "purge_events"):
            await self._pool.fetch(statement(purge), board.id, listed(user_ids))

    async def forget_board(self, board: Board) -> None:
        for forget in ("forget_periods", "forget_board"):
            await self._pool.fetch(statement(forget), board.id)


async def _refold(connection: Connection, ladder: Ladder, user_ids: Sequence[int], now: int) -> Sequence[Standing]:
    """Replace standings by the fold of all events in the ladder's period; `now` is in microseconds since 1970.

    Submissions beside it write their events first and then fold them into these very rows, which are held here before
    the events are looked at. One that got to its row earlier has been waited for, and its event is seen here. One that
    comes later waits, its event is not yet committed and so not seen, and it is added to what is written here. Each
    event counts once, as long as all who submit count in this ladder: hence the wait before a backfill begins.
    """
    board = ladder.board
    rest = [removed_standing(board, user_id, now) for user_id in sorted(user_ids)]
    await run_rows(connection, "hold_standings", [_row(ladder, standing, now) for standing in rest])
    folded = await _folded(connection, ladder, user_ids)
    rows = [_row(ladder, folded.get(standing.user_id, standing), now) for standing in rest]
    written = await run_rows(connection, "replace_standings", rows)
    standings = {row["user_id"]: standing_of_row(board, row) for row in written}
    hidden = await hide_newcomers(connection, user_ids, {board.id: board})
    standings |= {i: hidden[key] for i in standings if (key := (i, board.id, ladder.period)) in hidden}
    await run_rows(connection, "touch", [(standing.user_id, now // 1000) for standing in rest])
    return list(standings.values())


async def _folded(connection: Connection, ladder: Ladder, user_ids: Sequence[int]) -> dict[int, Standing]:
    period = ladder.board.calendar.numbered(ladder.period)
    rows = await connection.fetch(statement("events_between"), ladder.board.id, listed(user_ids), *_bounds(period))
    return {user_id: fold(ladder.board, events) for user_id, events in _events(rows).items()}


def _events(rows: Iterable[Record]) -> dict[int, list[Event]]:
    by_user: defaultdict[int, list[Event]] = defaultdict(list)
    for row in rows:
        event = Event(
            user_id=row["user_id"],
            submission_id=row["submission_id"],
            score=row["score"],
            achieved_at=row["achieved_at"],
            metadata=row["metadata"],
            subscore=row["subscore"],
        )
        by_user[event.user_id].append(event)
    return by_user


def _row(ladder: Ladder, standing: Standing, revision: int) -> Sequence[object]:
    key = standing.user_id, ladder.board.id, ladder.period
    return *standing_row(key, ladder.board, standing, revision), standing.hidden


def _bounds(period: Period) -> tuple[int, int]:
    starts_at, ends_at = period.starts_at, period.ends_at
    return -_ALWAYS if starts_at is None else starts_at, _ALWAYS if ends_at is None else ends_at
