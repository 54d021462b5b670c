"""Update of one ladder: arguments of its script calls, and interpretation of their replies."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any

from leaderforge.adapters.redis.records import (
    IndexRecord,
    is_listed,
    key_of,
    record_bytes,
    records_of,
    refuses,
    revision_of,
    segments_of_value,
)
from leaderforge.domain.boards import Board
from leaderforge.domain.named_tuples import new_record
from leaderforge.domain.order import LAST, USER_BYTES, rank_bound, rank_bounds
from leaderforge.domain.tiers import depend_on_total
from leaderforge.ports.index import Applied, LadderUpdate


@dataclass(frozen=True, slots=True)
class PartitionedUpdate:
    """Update of a ladder, split by partition.

    The script counts the entries above each of the distinct rank bounds `bounds`. `segment_bounds` has distinct pairs
    of a segment's id and a rank bound. For each pair, the script counts the entries above the bound in this segment.
    Both collections are empty if the update does not count entries.

    `groups` maps partitions to the ids of their players. The script runs on `partitions`: all partitions of the index
    if the update counts entries, otherwise the partitions of its players.
    """

    update: LadderUpdate
    records: Mapping[int, IndexRecord]
    bounds: Collection[bytes]
    segment_bounds: Collection[tuple[bytes, bytes]]
    groups: Mapping[int, Sequence[int]]
    partitions: Sequence[int]

    @classmethod
    def of(
        cls,
        update: LadderUpdate,
        by_partition: Callable[[Iterable[int]], Mapping[int, Sequence[int]]],
        all_partitions: Iterable[int],
    ) -> "PartitionedUpdate":
        """Return the update, split by partition. `by_partition` groups player ids."""
        board = update.ladder.board
        user_ids = [standing.user_id for standing in update.standings]
        records = dict(zip(user_ids, records_of(board, update.standings), strict=True))
        keys = chain((record.key for record in records.values()), *update.earlier.values()) if update.count else ()
        # Count equal bounds once: an earlier standing often has the bound of the present standing, and players may
        # share ranks. Sort the bounds, because neighbours share the path of the search in the sorted set.
        bounds = dict.fromkeys(sorted(rank_bounds(board, keys)))
        if update.count and depend_on_total(board.tiers):
            bounds[LAST] = None
        groups = by_partition(records)
        segment_bounds = _segment_bounds(board, records.values()) if board.segments and update.count else ()
        return cls(
            update, records, bounds, segment_bounds, groups, list(all_partitions) if update.count else list(groups)
        )

    def arguments(self) -> Iterable[Sequence[bytes | int]]:
        """Yield the arguments of apply.lua for each of the partitions."""
        board = self.update.ladder.board
        length, bounds = record_bytes(board), packed_bounds(self.bounds)
        if board.segments:
            bounds = [*bounds, *packed_segment_bounds(self.segment_bounds), len(board.segments)]
        for partition in self.partitions:
            packed = b"".join(self.records[user_id].packed for user_id in self.groups.get(partition, ()))
            yield length, packed, *bounds

    def applied(self, replies: Sequence[Any]) -> Sequence[Applied]:
        """Return the results in the order of the standings, from the replies of all partitions."""
        previous_values = {
            user_id: value
            for partition, reply in zip(self.partitions, replies, strict=True)
            for user_id, value in zip(self.groups.get(partition, ()), reply[0], strict=True)
        }
        # An incomplete partition returns None instead of counts. The sum of all partitions is then unknown.
        counts = [reply[1] for reply in replies if len(reply) > 1]
        sums = list(map(sum, zip(*counts, strict=True))) if counts and None not in counts else []
        above = dict(zip(self.bounds, sums, strict=False))
        within = dict(zip(self.segment_bounds, sums[len(self.bounds) :], strict=bool(sums)))
        board, earlier = self.update.ladder.board, self.update.earlier
        results = []
        for user_id, record in self.records.items():
            value = previous_values[user_id]
            result = _applied(board, record, value, above, earlier.get(user_id, ()))
            if within:
                result = result._replace(above_within=_above_within(board, record, value, within))
            results.append(result)
        total = above.get(LAST)
        return results if total is None else [result._replace(total=total) for result in results]


def packed_bounds(bounds: Iterable[bytes]) -> Sequence[bytes | int]:
    """Return bounds as script arguments: pairs of a length and the concatenated bounds of that length, in order.

    One argument for many bounds costs the client less than one argument per bound. Each bound begins with "(", as in
    ZLEXCOUNT, because adding "(" costs less in the client than in the script.
    """
    runs = ((length, list(run)) for length, run in groupby(bounds, len))
    return [part for length, run in runs for part in (length + 1, b"(" + b"(".join(run))]


def packed_segment_bounds(bounds: Iterable[tuple[bytes, bytes]]) -> Sequence[bytes]:
    """Return bounds in segments as script arguments: as `packed_bounds` does, with a segment's id before each bound.

    A length begins with "s", which distinguishes these pairs from pairs without segments. All bounds must have the same
    length.
    """
    packed = [segment + b"(" + bound for segment, bound in bounds]
    return [b"s%d" % len(packed[0]), b"".join(packed)] if packed else []


def _segment_bounds(board: Board, records: Iterable[IndexRecord]) -> Collection[tuple[bytes, bytes]]:
    """Return the distinct pairs of a segment's id and the rank bound of a player in the segment."""
    return dict.fromkeys(
        (segment, rank_bound(board, record.key))
        for record in records
        for segment in segments_of_value(board, record.value)
        if segment is not None
    )


def _above_within(
    board: Board, record: IndexRecord, previous_value: bytes | None, within: Mapping[tuple[bytes, bytes], int]
) -> Sequence[int | None]:
    """Return the number of entries above a standing in its player's segment of each attribute, None for no segment."""
    bound = rank_bound(board, record.key)
    newer: Sequence[bytes | None] = ()
    if (
        previous_value is not None
        and is_listed(previous_value)
        and revision_of(previous_value) > revision_of(record.value)
        and key_of(board, record.key[-USER_BYTES:], previous_value) < bound
    ):
        # The index has a newer and better entry of this player. Do not count this entry (see `_applied`).
        newer = segments_of_value(board, previous_value)
    return [
        None if segment is None else within[segment, bound] - (segment in newer)
        for segment in segments_of_value(board, record.value)
    ]


def _applied(
    board: Board,
    record: IndexRecord,
    previous_value: bytes | None,
    above: Mapping[bytes, int],
    earlier: Sequence[bytes],
) -> Applied:
    """Return the result for a player. `above` has the counts by rank bound, and is empty if they are unknown."""
    key, value = record.key, record.value
    previous, refused, entry = None, False, key if is_listed(value) else None
    if previous_value is not None:
        if is_listed(previous_value):
            previous = key_of(board, key[-USER_BYTES:], previous_value)
        else:
            refused = refuses(previous_value, value)
        if revision_of(previous_value) >= revision_of(value):
            entry = previous
    if not above:
        return new_record(Applied, (key, previous, None, refused, (), None, ()))
    # Do not count the player's own entry: the index may have a newer and better entry, which is above this standing.
    bound = rank_bound(board, key)
    count = above[bound] - (entry is not None and entry < bound)
    above_earlier: Sequence[int] = ()
    if earlier:
        above_earlier = [above[b] - (entry is not None and entry < b) for b in rank_bounds(board, earlier)]
    return new_record(Applied, (key, previous, count, refused, above_earlier, None, ()))
