"""Ranks at past moments, from PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from leaderforge.adapters.postgres.past_counts import PastCounts, past_counts
from leaderforge.adapters.postgres.pool import SNAPSHOT, Connection, Pool
from leaderforge.adapters.postgres.reads import (
    edge_of,
    ladder_ids,
    ranked_key_of,
    row_of,
    row_of_player,
    segment_arguments,
)
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.boards import Ladder
from leaderforge.domain.merge import Counts, Row, SegmentBound, Window
from leaderforge.domain.order import LAST
from leaderforge.domain.segments import Segment
from leaderforge.domain.sources import Source
from leaderforge.domain.standings import REMOVED

_Edge: TypeAlias = tuple[int, int, int, int]
"""Bound as values of the four order columns."""


class PostgresPastRanking:
    """`Ranking` as of a revision. The ladder's board must keep its past standings.

    `counts` ignores `present` and `rows`, because past entries do not move. Only erasures delete past entries.
    """

    source = Source.STORE

    def __init__(self, pool: Pool, revision: int) -> None:
        self._pool = pool
        self._revision = revision

    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        values = *ladder_ids(ladder), joined(user_ids), self._revision, *segment_arguments(ladder)
        rows = await self._pool.fetch(statement("past_rows"), *values)
        return {row["user_id"]: row_of_player(ladder.board, row) for row in rows if not row["hidden"] & REMOVED}

    async def counts(
        self,
        ladder: Ladder,
        bounds: Sequence[bytes],
        present: Sequence[bytes] = (),
        within: Sequence[SegmentBound] = (),
        rows: Sequence[Row] = (),
    ) -> Counts:
        async with self._pool.transaction(SNAPSHOT) as connection:
            counts = await (await past_counts(connection, ladder, self._revision)).counts(connection, bounds)
            return replace(counts, within=await self._counts_within(connection, ladder, within)) if within else counts

    async def _counts_within(
        self, connection: Connection, ladder: Ladder, within: Sequence[SegmentBound]
    ) -> Sequence[int]:
        """Return the number of entries above each bound. Only entries of the bound's segment count."""
        above: dict[SegmentBound, int] = {}
        for position, value in {(bound.position, bound.segment) for bound in within}:
            bounds = [bound for bound in within if bound[:2] == (position, value)]
            segment = ladder._replace(segment=Segment(ladder.board.segments[position], value))
            counts = await past_counts(connection, segment, self._revision)
            above |= zip(bounds, (await counts.counts(connection, [b.bound for b in bounds])).above, strict=True)
        return [above[bound] for bound in within]

    async def window(
        self, ladder: Ladder, bound: bytes, *, before: int, after: int, counted: Sequence[bytes] = ()
    ) -> Window[Row]:
        async with self._pool.transaction(SNAPSHOT) as connection:
            counts = await past_counts(connection, ladder, self._revision)
            [position, *above_counted] = (await counts.counts(connection, [bound, *counted])).above
            above = await self._before(connection, counts, bound, min(before, position))
            below = await self._after(connection, counts, bound, min(after, counts.total - position))
            return Window(counts.total, position, above[::-1], below, tuple(above_counted))

    async def window_at(self, ladder: Ladder, rank: int, count: int, *, counted: Sequence[bytes] = ()) -> Window[Row]:
        async with self._pool.transaction(SNAPSHOT) as connection:
            counts = await past_counts(connection, ladder, self._revision)
            above_counted = tuple((await counts.counts(connection, counted)).above) if counted else ()
            key = await self._key_at(connection, counts, rank)
            if key is None:
                return Window(counts.total, counts.total, [], [], above_counted)
            rows = await self._after(connection, counts, key, min(count, counts.total - rank + 1))
            return Window(counts.total, rank - 1, [], rows, above_counted)

    async def key_at(self, ladder: Ladder, rank: int) -> bytes | None:
        async with self._pool.transaction(SNAPSHOT) as connection:
            return await self._key_at(connection, await past_counts(connection, ladder, self._revision), rank)

    async def _key_at(self, connection: Connection, counts: PastCounts, rank: int) -> bytes | None:
        """Return the sort key of the entry at an ordinal rank, None if no entry has this rank."""
        if not 1 <= rank <= counts.total:
            return None
        start, position = counts.block_with(rank - 1)
        ladder, board = counts.ladder, counts.ladder.board
        values = *edge_of(board, start), rank - 1 - position, board.min_submissions, self._revision
        ids = ladder_ids(ladder)
        rows = await connection.fetch(statement("past_key_at"), *ids, *values, *segment_arguments(ladder))
        return ranked_key_of(board, rows[0]) if rows else LAST

    async def _after(self, connection: Connection, counts: PastCounts, bound: bytes, limit: int) -> list[Row]:
        """Return the nearest `limit` entries at and below a bound. At least `limit` such entries must exist."""
        intervals = counts.intervals_after(bound, limit) if limit else ()
        return await self._window(connection, "past_window_after", counts.ladder, intervals, limit)

    async def _before(self, connection: Connection, counts: PastCounts, bound: bytes, limit: int) -> list[Row]:
        """Return the `limit` entries above a bound, nearest first. At least `limit` such entries must exist."""
        intervals = [(end, start) for start, end in counts.intervals_before(bound, limit)] if limit else ()
        return await self._window(connection, "past_window_before", counts.ladder, intervals, limit)

    async def _window(
        self, connection: Connection, name: str, ladder: Ladder, intervals: Sequence[tuple[bytes, bytes]], limit: int
    ) -> list[Row]:
        """Return up to `limit` entries of the intervals, each read from its first bound on."""
        rows: list[Row] = []
        for start, end in intervals:
            bounds = edge_of(ladder.board, start), edge_of(ladder.board, end)
            rows += await self._nearest(connection, name, ladder, *bounds, limit - len(rows))
            if len(rows) == limit:
                break
        return rows

    async def _nearest(
        self, connection: Connection, name: str, ladder: Ladder, start: _Edge, end: _Edge, limit: int
    ) -> Sequence[Row]:
        """Return up to `limit` entries between two bounds, from the start on."""
        board, ids = ladder.board, ladder_ids(ladder)
        values = *start, limit, board.min_submissions, self._revision, *segment_arguments(ladder), *end
        return [row_of(board, row) for row in await connection.fetch(statement(name), *ids, *values)]
