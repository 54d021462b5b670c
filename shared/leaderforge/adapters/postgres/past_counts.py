"""Counts of entries at past moments, from the closest checkpoint and the changes since."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from leaderforge.adapters.postgres.pool import Connection, Record
from leaderforge.adapters.postgres.reads import edge_of, ladder_ids, ranked_key_of
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.boards import Ladder
from leaderforge.domain.checkpoints import Checkpoint, Moves, checkpoint_of
from leaderforge.domain.merge import Counts
from leaderforge.domain.order import FIRST, LAST, key_bytes

_Interval: TypeAlias = tuple[bytes, bytes]
"""Two bounds: the first one is inclusive, the second one exclusive."""


@dataclass(frozen=True, slots=True)
class PastCounts:
    """Numbers of entries of a ladder as of a revision, computed from a checkpoint and the moves of players since."""

    ladder: Ladder
    revision: int
    checkpoint: Checkpoint
    moves: Moves

    @property
    def total(self) -> int:
        """Return the number of entries."""
        return self.checkpoint.total + self.moves.growth

    def above_block(self, i: int) -> int:
        """Return the number of entries above the sort key number `i` of the checkpoint."""
        return self.checkpoint.above_key(i) + self.moves.above(self.checkpoint.key(i))

    def before(self, bound: bytes) -> tuple[bytes, int]:
        """Return the last checkpoint key at or above a bound, else `FIRST`, and the number of entries above the key."""
        i = self.checkpoint.block_of(bound)
        return (FIRST, 0) if i < 0 else (self.checkpoint.key(i), self.above_block(i))

    def block_with(self, position: int) -> tuple[bytes, int]:
        """Return the last checkpoint key at or above a position (from 0), else `FIRST`, and the key's own position."""
        i = bisect_right(range(len(self.checkpoint)), position, key=self.above_block) - 1
        return (FIRST, 0) if i < 0 else (self.checkpoint.key(i), self.above_block(i))

    async def counts(self, connection: Connection, bounds: Sequence[bytes]) -> Counts:
        """Return the number of entries, and the number above each bound."""
        above: dict[bytes, int] = {FIRST: 0, LAST: self.total}
        # Count from a checkpoint key to the first bound below it, then from bound to bound up to the next key.
        starts: list[tuple[_Interval, int | None]] = []
        last: tuple[bytes, bytes] | None = None
        for bound in sorted(set(bounds) - above.keys()):
            start, n = self.before(bound)
            in_same_block = last is not None and last[0] == start
            starts.append(((last[1], bound), None) if last and in_same_block else ((start, bound), n))
            last = start, bound
        sizes = await count_between(connection, self.ladder, [interval for interval, _ in starts], self.revision)
        for ((start, bound), position), size in zip(starts, sizes, strict=True):
            above[bound] = (above[start] if position is None else position) + size
        return Counts(total=self.total, above=[above[bound] for bound in bounds])


async def past_counts(connection: Connection, ladder: Ladder, revision: int) -> PastCounts:
    """Return the counts of the ladder as of a revision. The connection must read from one snapshot."""
    rows = await connection.fetch(statement("checkpoint_before"), *ladder_ids(ladder), revision)
    if not rows:
        total = (await count_between(connection, ladder, [(FIRST, LAST)], revision))[0]
        return PastCounts(ladder, revision, checkpoint_of(revision, total, key_bytes(ladder.board), ()), Moves())
    checkpoint = Checkpoint(rows[0]["revision"], rows[0]["total"], key_bytes(ladder.board), *rows[0][2:])
    moves = await read_moves(connection, ladder, checkpoint.revision, revision)
    ids = *ladder_ids(ladder), checkpoint.revision, ladder.board.min_submissions
    erased = [ranked_key_of(ladder.board, row) for row in await connection.fetch(statement("past_corrections"), *ids)]
    departures = sorted([*moves.departures, *erased]) if erased else moves.departures
    return PastCounts(ladder, revision, checkpoint, Moves(moves.arrivals, departures))


async def read_moves(connection: Connection, ladder: Ladder, since: int, until: int) -> Moves:
    """Return the moves of the players whose standings changed after the revision `since`, up to `until`."""
    values = *ladder_ids(ladder), since, until, ladder.board.min_submissions
    rows: Sequence[Record] = await connection.fetch(statement("past_moves"), *values)
    arrivals = sorted(ranked_key_of(ladder.board, row) for row in rows if row["arrived"])
    return Moves(arrivals, sorted(ranked_key_of(ladder.board, row) for row in rows if not row["arrived"]))


async def count_between(
    connection: Connection, ladder: Ladder, intervals: Sequence[_Interval], revision: int
) -> Sequence[int]:
    """Return the number of entries in each interval as of a revision."""
    if not intervals:
        return []
    edges = [(*edge_of(ladder.board, start), *edge_of(ladder.board, end)) for start, end in intervals]
    columns = map(joined, zip(*edges, strict=True))
    values = *ladder_ids(ladder), *columns, ladder.board.min_submissions, revision
    rows = await connection.fetch(statement("past_counts"), *values)
    sizes = {row["interval"]: row["entries"] for row in rows}
    return [sizes.get(i, 0) for i in range(1, len(intervals) + 1)]
