"""Update of one ladder: arguments of its script calls, and interpretation of their replies."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from leaderforge.adapters.redis.records import (
    IndexRecord,
    is_listed,
    key_of,
    record_bytes,
    record_of,
    refuses,
    revision_of,
)
from leaderforge.domain.boards import Board
from leaderforge.domain.order import USER_BYTES, rank_bound
from leaderforge.ports.index import Applied, LadderUpdate


@dataclass(frozen=True, slots=True)
class PartitionedUpdate:
    """Update of a ladder, split by partition.

    `groups` maps partitions to the ids of their players. The script runs on all `partitions`. An update with counting
    needs every partition of the index, otherwise only the partitions of the players.
    """

    update: LadderUpdate
    records: Mapping[int, IndexRecord]
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
        records = {standing.user_id: record_of(update.ladder.board, standing) for standing in update.standings}
        groups = by_partition(records)
        return cls(update, records, groups, list(all_partitions) if update.count else list(groups))

    def arguments(self) -> Iterable[Sequence[bytes | int]]:
        """Yield the arguments of apply.lua for each of the partitions."""
        board = self.update.ladder.board
        length = record_bytes(board)
        bounds: Sequence[bytes | int] = ()
        if self.update.count:
            bounds = packed_bounds([rank_bound(board, record.key) for record in self.records.values()])
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
        # An incomplete partition returns None instead of counts. The total is then unknown.
        counts = [reply[1] for reply in replies if len(reply) > 1]
        above: Iterable[int | None] = [None] * len(self.records)
        if counts and None not in counts:
            above = map(sum, zip(*counts, strict=True))
        board = self.update.ladder.board
        return [
            _applied(board, record, previous_values[user_id], n)
            for (user_id, record), n in zip(self.records.items(), above, strict=True)
        ]


def packed_bounds(bounds: Iterable[bytes]) -> Sequence[bytes | int]:
    """Return bounds as script arguments: pairs of a length and the concatenated bounds of that length, in order.

    One argument for many bounds costs the client less than one per bound.
    """
    # An empty bound (`FIRST`) has no length at which to split. The byte 0 also precedes every key.
    runs = groupby((bound or b"\0" for bound in bounds), len)
    return [part for length, run in runs for part in (length, b"".join(run))]


def _applied(board: Board, record: IndexRecord, previous_value: bytes | None, above: int | None) -> Applied:
    if previous_value is None or not is_listed(previous_value):
        return Applied(record.key, None, above, refused=refuses(previous_value, record.packed[USER_BYTES:]))
    previous = key_of(record.key[-USER_BYTES:], previous_value)
    newer = revision_of(previous_value) > revision_of(record.packed[USER_BYTES:])
    if above is not None and newer and previous < rank_bound(board, record.key):
        # The index may have a newer and better entry of the same player, counted above this standing.
        above -= 1
    return Applied(record.key, previous, above)
