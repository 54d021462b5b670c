"""Ranks from PostgreSQL, for reads that the index cannot answer.

The columns `ranked` and `subranked` contain score and subscore so that lower is better, whatever the board's order.
Therefore, one ascending row comparison gives the same total order as the sort keys.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from leaderforge.adapters.postgres.pool import SNAPSHOT, Connection, Pool, Record
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.merge import Counts, Row, SegmentBound, Window, are_unmoved, listed_on
from leaderforge.domain.order import FIRST, LAST, Ranked, ranked_bound, ranked_key, user_id_of
from leaderforge.domain.players import label_of
from leaderforge.domain.segments import Segment
from leaderforge.domain.sources import Source
from leaderforge.domain.standings import VISIBLE


class PostgresRanking:
    """`Ranking` by SQL. Ranks are exact. The time of a count is proportional to the counted entries."""

    source = Source.STORE

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        return await _rows(self._pool, ladder, user_ids)

    async def counts(
        self,
        ladder: Ladder,
        bounds: Sequence[bytes],
        present: Sequence[bytes] = (),
        within: Sequence[SegmentBound] = (),
        rows: Sequence[Row] = (),
    ) -> Counts:
        async with self._pool.transaction(SNAPSHOT) as connection:
            counts = await _counts(connection, ladder, bounds)
            if within:
                counts = replace(counts, within=[await _count_within(connection, ladder, bound) for bound in within])
            user_ids = {user_id_of(key) for key in (*present, *(row.key for row in rows))}
            stored = (await _rows(connection, ladder, user_ids)).values() if user_ids else ()
        listed_keys = {row.key for row in listed_on(ladder.board, stored)}
        return replace(counts, all_present=listed_keys.issuperset(present) and are_unmoved(rows, stored))

    async def window(
        self, ladder: Ladder, bound: bytes, *, before: int, after: int, counted: Sequence[bytes] = ()
    ) -> Window[Row]:
        async with self._pool.transaction(SNAPSHOT) as connection:
            return await _window(connection, ladder, bound, before, after, counted)

    async def window_at(self, ladder: Ladder, rank: int, count: int, *, counted: Sequence[bytes] = ()) -> Window[Row]:
        async with self._pool.transaction(SNAPSHOT) as connection:
            key = await _key_at(connection, ladder, rank)
            return await _window(connection, ladder, LAST if key is None else key, 0, count, counted)

    async def key_at(self, ladder: Ladder, rank: int) -> bytes | None:
        if rank < 1:
            return None
        async with self._pool.transaction(SNAPSHOT) as connection:
            return await _key_at(connection, ladder, rank)


async def entries_after(connection: Connection, ladder: Ladder, key: bytes, limit: int) -> Sequence[Row]:
    """Return up to `limit` entries after a sort key, in order. The cost does not depend on the position."""
    return await _nearest(connection, "window_after", ladder, key + b"\0" if key else key, limit)


async def _rows(connection: "Pool | Connection", ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
    values = *ladder_ids(ladder), joined(user_ids), *segment_arguments(ladder)
    rows = await connection.fetch(statement("rows"), *values)
    return {row["user_id"]: row_of_player(ladder.board, row) for row in rows}


async def _window(
    connection: Connection, ladder: Ladder, bound: bytes, before: int, after: int, counted: Sequence[bytes]
) -> Window[Row]:
    counts = await _counts(connection, ladder, [bound, *counted])
    return Window(
        total=counts.total,
        above=counts.above[0],
        before=(await _nearest(connection, "window_before", ladder, bound, before))[::-1],
        after=await _nearest(connection, "window_after", ladder, bound, after),
        counted=tuple(counts.above[1:]),
    )


async def _key_at(connection: Connection, ladder: Ladder, rank: int) -> bytes | None:
    rows = await connection.fetch(
        statement("key_at"), *ladder_ids(ladder), rank - 1, ladder.board.min_submissions, *segment_arguments(ladder)
    )
    return ranked_key_of(ladder.board, rows[0]) if rows else None


async def _counts(connection: Connection, ladder: Ladder, bounds: Sequence[bytes]) -> Counts:
    # Count between adjacent bounds, because the server then reads each entry once. The running sums of these counts are
    # the counts above each bound.
    edges = sorted({FIRST, *bounds, LAST})
    columns = list(zip(*(edge_of(ladder.board, edge) for edge in edges), strict=True))
    rows = await connection.fetch(
        statement("counts"),
        ladder.board.id,
        ladder.period,
        *(joined(column[:-1]) for column in columns),
        *(joined(column[1:]) for column in columns),
        ladder.board.min_submissions,
        *segment_arguments(ladder),
    )
    sizes = {row["interval"]: row["entries"] for row in rows}
    running = accumulate((sizes.get(i, 0) for i in range(1, len(edges))), initial=0)
    above = dict(zip(edges, running, strict=True))
    return Counts(total=above[LAST], above=[above[bound] for bound in bounds])


async def _count_within(connection: Connection, ladder: Ladder, bound: SegmentBound) -> int:
    """Return the number of entries above a bound. Only entries of the bound's segment count."""
    segment = Segment(ladder.board.segments[bound.position], bound.segment)
    return (await _counts(connection, ladder._replace(segment=segment), [bound.bound])).above[0]


async def _nearest(connection: Connection, name: str, ladder: Ladder, bound: bytes, limit: int) -> list[Row]:
    if limit == 0:
        return []
    board = ladder.board
    values = *edge_of(board, bound), limit, board.min_submissions, *segment_arguments(ladder)
    rows = await connection.fetch(statement(name), *ladder_ids(ladder), *values)
    return [row_of(board, row) for row in rows]


def ladder_ids(ladder: Ladder) -> tuple[int, int]:
    """Return the numbers of the ladder's board and period."""
    return ladder.board.id, ladder.period


def segment_arguments(ladder: Ladder) -> tuple[str | None, int | None]:
    """Return the ladder's segment value, and the number (from 1) of its attribute. Both are None without a segment."""
    return (None, None) if ladder.segment is None else (ladder.segment.value, ladder.segment_position + 1)


def edge_of(board: Board, bound: bytes) -> tuple[int, int, int, int]:
    """Return a bound as values of the four order columns. `FIRST` and `LAST` lie beyond all entries."""
    edge = ranked_bound(board, bound)
    return edge.score, edge.subscore, edge.achieved_at, edge.user_id


def ranked_key_of(board: Board, row: Record) -> bytes:
    """Return the sort key of a row."""
    return ranked_key(board, Ranked(row["ranked"], row["subranked"], row["achieved_at"], row["user_id"]))


def row_of(board: Board, row: Record) -> Row:
    """Return the row of a standing, without segments."""
    label, is_hidden = label_of(row["username"], row["external_id"]), row["hidden"] != VISIBLE
    return Row(ranked_key_of(board, row), row["submissions"], label, row["has_metadata"], hidden=is_hidden)


def row_of_player(board: Board, row: Record) -> Row:
    """Return the row with the player's segments."""
    segments = row["segments"] if board.segments and row["segments"] else ()
    return row_of(board, row)._replace(segments=segments)
