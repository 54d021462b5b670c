"""Boards, events and standings in PostgreSQL: the source of truth."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from time import time_ns

from leaderforge.adapters.postgres.board_maintenance import PostgresBoardMaintenance
from leaderforge.adapters.postgres.boards import board_of, change_board, create_board, delete_board
from leaderforge.adapters.postgres.health import DatabaseHealth
from leaderforge.adapters.postgres.in_doubt import in_doubt_since
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.pool import Pool, Record
from leaderforge.adapters.postgres.reads import PostgresRanking
from leaderforge.adapters.postgres.recording import Recorder
from leaderforge.adapters.postgres.standing_rows import standing_of_row
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.adapters.postgres.strategies import WriteStrategies
from leaderforge.adapters.postgres.workers import Workers
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, DeletedBoard, Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.grouping import grouped
from leaderforge.domain.merge import Counts, Row, SegmentBound, Window
from leaderforge.domain.periods import Period
from leaderforge.domain.players import label_of
from leaderforge.domain.standings import Standing
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.boards import BoardCheck
from leaderforge.ports.clock import Clock

_CHUNK = 10_000
"""Maximum rows of a chunk in a read of all standings."""
_ROWS_A_PIECE = 500
"""Maximum rows of such a chunk that are converted without a pause, because an API process may rebuild the index."""
_CHANGES_A_CHUNK = 2_000
_CHANGES_A_PIECE = 100
"""Maximum rows that are converted without a pause. Converting more rows at once would delay concurrent requests."""
_WORKER_SHARE = 0.6
"""Share of the time limit of `record` that each worker of Citus gets. The rest suffices to return the outcomes."""


def microseconds() -> int:
    """Return the current time in microseconds since 1970."""
    return time_ns() // 1000


class PostgresScoreStore:
    """`ScoreStore` on PostgreSQL.

    All stores of the process share `periods`. By default, `periods` is a new instance. `record_timeout_s` limits the
    time from the call of `record` to the commit, including retries. `clock` (in microseconds) is the lower bound of new
    revisions, which are a hybrid logical clock.
    """

    source = PostgresRanking.source

    def __init__(
        self,
        pool: Pool,
        *,
        periods: Periods | None = None,
        clock: Clock = microseconds,
        record_timeout_s: float = 5.0,
        health_timeout_s: float = 1.0,
    ) -> None:
        self._pool = pool
        self._periods = periods or Periods(pool)
        self._ranking = PostgresRanking(pool)
        self._maintenance = PostgresBoardMaintenance(pool, self._periods, clock)
        self._workers = Workers(pool, record_timeout_s * _WORKER_SHARE)
        self._strategies = WriteStrategies(pool, clock, record_timeout_s)
        self._recorder = Recorder(pool, self._strategies, self._workers)
        self._record_timeout_s = record_timeout_s
        self._health = DatabaseHealth(pool, health_timeout_s)

    async def board(self, slug: str) -> Board | None:
        rows = await self._pool.fetch(statement("board"), slug)
        return board_of(rows[0]) if rows else None

    async def boards(self) -> Sequence[Board]:
        return [board_of(row) for row in await self._pool.fetch(statement("boards"))]

    async def boards_named(self, slugs: Collection[str]) -> Mapping[str, Board]:
        rows = await self._pool.fetch(statement("boards_named"), ",".join(slugs))
        return {row["slug"]: board_of(row) for row in rows}

    async def create_board(self, board: Board, act: AuditEntry | None = None, check: BoardCheck | None = None) -> Board:
        return await self._pool.transact(lambda connection: create_board(connection, board, act, check))

    async def change_board(
        self, slug: str, change: Callable[[Board], Board], act: AuditEntry, check: BoardCheck | None = None
    ) -> Board:
        return await self._pool.transact(lambda connection: change_board(connection, slug, change, act, check))

    async def delete_board(self, slug: str, act: AuditEntry, check: BoardCheck | None = None) -> Board:
        return await self._pool.transact(lambda connection: delete_board(connection, slug, act, check))

    async def ladders(self) -> Sequence[Ladder]:
        boards = await self.boards()
        periods = await self._periods.of({board.id: board for board in boards})
        return [*map(Ladder, boards), *periods]

    async def ladders_of(self, board: Board) -> Sequence[Ladder]:
        return await self._periods.of_board(board)

    async def find_ladders(self, ladders: Collection[Ladder]) -> Collection[Ladder]:
        return await self._periods.among(ladders)

    async def orphaned_standings(self) -> Mapping[int, int]:
        rows = await self._pool.fetch(statement("orphaned_standings"))
        return {row["board_id"]: row["standings"] for row in rows}

    async def record(
        self, submissions: Sequence[Submission], *, previous: bool = False
    ) -> Sequence[Recorded | LeaderForgeError]:
        # Limit the time of all steps together: the propagation time of boards and periods depends on this limit.
        async with self._pool.limit(self._record_timeout_s):
            # Store the periods before the events, because rollover and rebuild must find every period that has
            # standings.
            await self._periods.open(_ladders(submissions))
            outcomes = await self._recorder.record(submissions, previous=previous)
        return await self._periods.mark_retired(outcomes)

    async def standings(self, ladder: Ladder, user_ids: Collection[int]) -> Sequence[Standing]:
        rows = await self._pool.fetch(statement("standings"), ladder.board.id, ladder.period, joined(user_ids))
        return [standing_of_row(ladder.board, row) for row in rows]

    async def standings_of(self, user_ids: Collection[int]) -> Sequence[tuple[Ladder, Sequence[Standing]]]:
        rows = await self._pool.fetch(statement("standings_of_users"), joined(user_ids))
        return list(_by_ladder(rows, _by_ids(await self.ladders())))

    async def metadata(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, str]:
        rows = await self._pool.fetch(statement("metadata"), ladder.board.id, ladder.period, joined(user_ids))
        return {row["user_id"]: row["metadata"] for row in rows}

    async def changed_between(self, since: int, until: int) -> AsyncGenerator[tuple[Ladder, Sequence[Standing]], None]:
        ladders = _by_ids(await self.ladders())
        # Chunks are large, which saves round trips. Pieces are small, which keeps the event loop free.
        for changed in ("changed_between", "standings_touched_between"):
            async with aclosing(self._pool.stream(statement(changed), since, until, chunk=_CHANGES_A_CHUNK)) as stream:
                async for rows in stream:
                    for piece in chunks(rows, _CHANGES_A_PIECE):
                        for group in _by_ladder(piece, ladders):
                            yield group

    async def in_doubt_since(self) -> int | None:
        # Only Citus has transactions in doubt. A single server decides its transactions in the recovery from a crash,
        # before it answers.
        return await in_doubt_since(self._pool) if await self._strategies.is_distributed() else None

    async def touched_between(self, since: int, until: int) -> Collection[int]:
        rows = await self._pool.fetch(statement("touched_between"), since, until)
        return [row["user_id"] for row in rows]

    async def erased_between(self, since: int, until: int) -> AsyncGenerator[Mapping[int, int], None]:
        async for rows in self._pool.stream(statement("erased_between"), since, until, chunk=_CHANGES_A_CHUNK):
            yield {row["user_id"]: row["revision"] for row in rows}

    async def forget_touches(self, before: int) -> None:
        await self._pool.fetch(statement("forget_touches"), before)

    async def all_standings(self, ladder: Ladder) -> AsyncGenerator[Sequence[Standing], None]:
        stream = self._pool.stream(statement("all_standings"), ladder.board.id, ladder.period, chunk=_CHUNK)
        async with aclosing(stream):
            async for rows in stream:
                yield [standing_of_row(ladder.board, row) for row in rows]

    async def standings_on(self, ladders: Sequence[Ladder]) -> AsyncGenerator[tuple[Ladder, Sequence[Standing]], None]:
        requested = _by_ids(ladders)
        boards, periods = (joined(set(ids)) for ids in zip(*requested, strict=True))
        async with aclosing(self._pool.stream(statement("standings_on"), boards, periods, chunk=_CHUNK)) as stream:
            async for rows in stream:
                for ladder, standings in (await _by_ladder_in_pieces(rows, requested)).items():
                    yield ladder, standings

    async def all_names(self) -> AsyncGenerator[Mapping[int, str], None]:
        async with aclosing(self._pool.stream(statement("all_names"), chunk=_CHUNK)) as stream:
            async for rows in stream:
                yield {row["user_id"]: label_of(row["username"], row["external_id"]) for row in rows}

    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        return await self._ranking.rows(ladder, user_ids)

    async def counts(
        self,
        ladder: Ladder,
        bounds: Sequence[bytes],
        present: Sequence[bytes] = (),
        within: Sequence[SegmentBound] = (),
        rows: Sequence[Row] = (),
    ) -> Counts:
        return await self._ranking.counts(ladder, bounds, present, within, rows)

    async def window(
        self, ladder: Ladder, bound: bytes, *, before: int, after: int, counted: Sequence[bytes] = ()
    ) -> Window[Row]:
        return await self._ranking.window(ladder, bound, before=before, after=after, counted=counted)

    async def window_at(self, ladder: Ladder, rank: int, count: int, *, counted: Sequence[bytes] = ()) -> Window[Row]:
        return await self._ranking.window_at(ladder, rank, count, counted=counted)

    async def key_at(self, ladder: Ladder, rank: int) -> bytes | None:
        return await self._ranking.key_at(ladder, rank)

    async def boards_to_backfill(self) -> Sequence[Board]:
        return await self._maintenance.boards_to_backfill()

    def players_between(self, board: Board, period: Period) -> AsyncGenerator[Sequence[int]]:
        return self._maintenance.players_between(board, period)

    async def refold(self, ladder: Ladder, user_ids: Sequence[int]) -> Sequence[Standing]:
        return await self._maintenance.refold(ladder, user_ids)

    async def finish_backfill(self, board: Board) -> bool:
        return await self._maintenance.finish_backfill(board)

    async def deleted_boards(self) -> Sequence[DeletedBoard]:
        return await self._maintenance.deleted_boards()

    def players_on(self, board: Board) -> AsyncGenerator[Sequence[int]]:
        return self._maintenance.players_on(board)

    async def purge(self, board: Board, user_ids: Sequence[int]) -> None:
        await self._maintenance.purge(board, user_ids)

    async def forget_board(self, board: Board) -> None:
        await self._maintenance.forget_board(board)

    async def is_writable(self) -> bool:
        return await self._health.is_writable()

    async def health(self) -> Mapping[str, bool]:
        return await self._health.nodes()

    async def close(self) -> None:
        """Stop the background tasks of this store."""
        await self._workers.close()


def _ladders(submissions: Iterable[Submission]) -> Iterator[Ladder]:
    """Yield the ladders of the submissions and of their fed submissions."""
    for submission in submissions:
        yield from submission.ladders
        for fed in submission.fed:
            yield from fed.ladders


def _by_ids(ladders: Iterable[Ladder]) -> Mapping[tuple[int, int], Ladder]:
    return {(ladder.board.id, ladder.period): ladder for ladder in ladders}


def _by_ladder(
    rows: Sequence[Record], ladders: Mapping[tuple[int, int], Ladder]
) -> Iterator[tuple[Ladder, Sequence[Standing]]]:
    """Yield the standings grouped by ladder. Rows of other ladders are skipped."""
    for ids, group in grouped(((row["board_id"], row["period_id"]), row) for row in rows).items():
        if ids in ladders:
            ladder = ladders[ids]
            yield ladder, [standing_of_row(ladder.board, row) for row in group]


async def _by_ladder_in_pieces(
    rows: Sequence[Record], ladders: Mapping[tuple[int, int], Ladder]
) -> Mapping[Ladder, Sequence[Standing]]:
    """Return the standings by ladder, as `_by_ladder` does. Let other tasks run after each `_ROWS_A_PIECE` rows."""
    groups: defaultdict[Ladder, list[Standing]] = defaultdict(list)
    for piece in chunks(rows, _ROWS_A_PIECE):
        for ladder, standings in _by_ladder(piece, ladders):
            groups[ladder] += standings
        await asyncio.sleep(0)
    return groups
