"""Counts of entries at past moments, from the closest checkpoint and the changes since."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from leaderforge.adapters.postgres.checkpoint_series import series_of
from leaderforge.adapters.postgres.pool import Connection
from leaderforge.adapters.postgres.reads import edge_of, ladder_ids, segment_arguments
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.boards import Ladder
from leaderforge.domain.checkpoints import Checkpoint, Moves, checkpoint_of
from leaderforge.domain.merge import Counts
from leaderforge.domain.order import FIRST, LAST
from leaderforge.domain.segments import segment_digest

Interval: TypeAlias = tuple[bytes, bytes]
"""Two bounds: the first one is inclusive, the second one exclusive."""


@dataclass(frozen=True, slots=True)
class PastCounts:
    """Numbers of entries of a ladder as of a revision, computed from a checkpoint and the moves of players since.

    `blocks` are the positions, in the checkpoint, of the segment's keys or, without a segment, of all keys. `prefix` is
    the part of these keys before the sort key. `lead` is the number of entries above the first key, and `total` the
    number of all entries. `lead` and `total` include the moves.
    """

    ladder: Ladder
    revision: int
    checkpoint: Checkpoint
    moves: Moves
    blocks: range
    prefix: bytes = b""
    lead: int = 0
    total: int = 0

    @property
    def top(self) -> bytes:
        """Return a bound without entries above it: the best known key, or `FIRST` if better entries may exist.

        A scan from this bound skips the states of later moments above it. On a board whose scores only grow, these may
        be most states.
        """
        if self.prefix or self.checkpoint.lead:
            return FIRST
        first_keys = [self.checkpoint.key(0)] if len(self.checkpoint) else []
        return min([*self.moves.arrivals[:1], *first_keys], default=FIRST)

    def key(self, i: int) -> bytes:
        """Return the sort key number `i` of the checkpoint."""
        return self.checkpoint.key(i)[len(self.prefix) :]

    def above_block(self, i: int) -> int:
        """Return the number of entries above the sort key number `i` of the checkpoint."""
        return self.lead + self._above(i) - self._above(self.blocks.start)

    def _above(self, i: int) -> int:
        return self.checkpoint.above_key(i) + self.moves.above(self.checkpoint.key(i))

    def before(self, bound: bytes) -> tuple[bytes, int]:
        """Return the last checkpoint key at or above a bound, else `top`, and the number of entries above the key."""
        i = self.checkpoint.block_of(self.prefix + bound)
        return (self.key(i), self.above_block(i)) if i in self.blocks else (self.top, 0)

    def block_with(self, position: int) -> tuple[bytes, int]:
        """Return the last checkpoint key at or above a position (from 0), else `top`, and the key's own position."""
        i = bisect_right(self.blocks, position, key=self.above_block) - 1
        return (self.top, 0) if i < 0 else (self.key(self.blocks[i]), self.above_block(self.blocks[i]))

    def intervals_after(self, bound: bytes, limit: int) -> Sequence[Interval]:
        """Return the intervals after a bound that have the next `limit` entries, without parts that have no entry."""
        intervals: list[Interval] = []
        i, start, entries = self._block(bound), max(bound, self.top), 0
        # The first interval may begin within a block. It may then have fewer entries than the block.
        for j in range(i, self.blocks.stop):
            end = self.key(j + 1) if j + 1 in self.blocks else LAST
            size = self._above_end(j + 1) - self._above_end(j)
            if size:
                _extend(intervals, (start, end))
            entries += 0 if j == i else size
            if entries >= limit:
                break
            start = end
        return intervals

    def intervals_before(self, bound: bytes, limit: int) -> Sequence[Interval]:
        """Return the intervals before a bound that have the last `limit` entries, from the bound upwards."""
        intervals: list[Interval] = []
        i, end, entries = self._block(bound), bound, 0
        for j in range(i, self.blocks.start - 2, -1):
            start = self.key(j) if j in self.blocks else self.top
            size = self._above_end(j + 1) - self._above_end(j)
            if size:
                _extend(intervals, (start, end))
            entries += 0 if j == i else size
            if entries >= limit:
                break
            end = start
        return intervals

    def _block(self, bound: bytes) -> int:
        """Return the position of the last checkpoint key at or above a bound, or the position before the first key."""
        return max(self.checkpoint.block_of(self.prefix + bound), self.blocks.start - 1)

    def _above_end(self, i: int) -> int:
        """Return the number of entries above the sort key number `i`, or of all entries if the keys end before `i`."""
        if i < self.blocks.start:
            return 0
        return self.above_block(i) if i in self.blocks else self.total

    async def counts(self, connection: Connection, bounds: Sequence[bytes]) -> Counts:
        """Return the number of entries, and the number above each bound."""
        above: dict[bytes, int] = {FIRST: 0, LAST: self.total}
        # Count from a checkpoint key to the first bound below it, then from bound to bound up to the next key.
        starts: list[tuple[Interval, int | None]] = []
        last: tuple[bytes, bytes] | None = None
        for bound in sorted(set(bounds) - above.keys()):
            start, n = self.before(bound)
            in_same_block = last is not None and last[0] == start
            starts.append(((last[1], bound), None) if last and in_same_block else ((start, bound), n))
            last = start, bound
        sizes = await _count_between(connection, self.ladder, [interval for interval, _ in starts], self.revision)
        for ((start, bound), position), size in zip(starts, sizes, strict=True):
            above[bound] = (above[start] if position is None else position) + size
        return Counts(total=self.total, above=[above[bound] for bound in bounds])


def _extend(intervals: list[Interval], added: Interval) -> None:
    """Append an interval, or join it with the last interval if both are adjacent."""
    if intervals and intervals[-1][1] == added[0]:
        intervals[-1] = intervals[-1][0], added[1]
    elif intervals and intervals[-1][0] == added[1]:
        intervals[-1] = added[0], intervals[-1][1]
    else:
        intervals.append(added)


async def past_counts(connection: Connection, ladder: Ladder, revision: int) -> PastCounts:
    """Return the counts of the ladder as of a revision. The connection must read from one snapshot."""
    series = series_of(ladder)
    checkpoint, segment = await series.before(connection, revision), ladder.segment and ladder.segment.value
    if checkpoint is None:
        [total] = await _count_between(connection, ladder, [(FIRST, LAST)], revision)
        checkpoint = checkpoint_of(revision, total, series.width, ())
        return PastCounts(ladder, revision, checkpoint, Moves(), range(0), total=total)
    moves = await series.moves(connection, checkpoint.revision, revision, segment)
    if erased := await series.erased(connection, checkpoint.revision, segment):
        moves = Moves(moves.arrivals, sorted([*moves.departures, *erased]))
    if segment is not None:
        return await _segment_counts(connection, ladder, revision, checkpoint, moves, segment_digest(segment))
    lead = checkpoint.above_key(0) + moves.above(checkpoint.key(0)) if len(checkpoint) else 0
    total = checkpoint.total + moves.growth
    return PastCounts(ladder, revision, checkpoint, moves, range(len(checkpoint)), lead=lead, total=total)


async def _segment_counts(
    connection: Connection, ladder: Ladder, revision: int, checkpoint: Checkpoint, moves: Moves, prefix: bytes
) -> PastCounts:
    """Return the counts of a ladder with a segment. Count the entries before its first and after its last key."""
    blocks = range(checkpoint.block_of(prefix) + 1, checkpoint.block_of(prefix + LAST) + 1)
    counts = PastCounts(ladder, revision, checkpoint, moves, blocks, prefix)
    if not blocks:
        [total] = await _count_between(connection, ladder, [(FIRST, LAST)], revision)
        return replace(counts, total=total)
    ends = [(FIRST, counts.key(blocks[0])), (counts.key(blocks[-1]), LAST)]
    lead, rest = await _count_between(connection, ladder, ends, revision)
    counts = replace(counts, lead=lead)
    return replace(counts, total=counts.above_block(blocks[-1]) + rest)


async def _count_between(
    connection: Connection, ladder: Ladder, intervals: Sequence[Interval], revision: int
) -> Sequence[int]:
    """Return the number of entries in each interval as of a revision."""
    if not intervals:
        return []
    edges = [(*edge_of(ladder.board, start), *edge_of(ladder.board, end)) for start, end in intervals]
    columns = map(joined, zip(*edges, strict=True))
    values = *ladder_ids(ladder), *columns, ladder.board.min_submissions, revision, *segment_arguments(ladder)
    rows = await connection.fetch(statement("past_counts"), *values)
    sizes = {row["interval"]: row["entries"] for row in rows}
    return [sizes.get(i, 0) for i in range(1, len(intervals) + 1)]
