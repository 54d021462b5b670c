"""Bringing one ladder up to newer standings: the calls that it takes, and what their replies tell."""

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
    """An update by partition. `groups` are the players of each partition; all of `touched` are called."""

    update: LadderUpdate
    records: Mapping[int, IndexRecord]
    groups: Mapping[int, Sequence[int]]
    touched: Sequence[int]

    @classmethod
    def of(
        cls,
        update: LadderUpdate,
        by_partition: Callable[[Iterable[int]], Mapping[int, Sequence[int]]],
        partitions: Iterable[int],
    ) -> "PartitionedUpdate":
        """Return the application of an update; all `partitions` are touched where entries are to be counted."""
        records = {standing.user_id: record_of(update.ladder.board, standing) for standing in update.standings}
        groups = by_partition(records)
        return cls(update, records, groups, list(partitions) if update.count else list(groups))

    def arguments(self) -> Iterable[Sequence[bytes | int]]:
        """Return what apply.lua takes, for each partition that is touched."""
        board = self.update.ladder.board
        length = record_bytes(board)
        bounds: Sequence[bytes | int] = ()
        if self.update.count:
            bounds = packed_bounds([rank_bound(board, record.key) for record in self.records.values()])
        for partition in self.touched:
            packed = b"".join(self.records[user_id].packed for user_id in self.groups.get(partition, ()))
            yield length, packed, *bounds

    def applied(self, replies: Sequence[Any]) -> Sequence[Applied]:
        """Return what the partitions' replies say was done."""
        held = {
            user_id: value
            for partition, reply in zip(self.touched, replies, strict=True)
            for user_id, value in zip(self.groups.get(partition, ()), reply[0], strict=True)
        }
        counts = [reply[1] for reply in replies if len(reply) > 1]
        above: Iterable[int | None] = [None] * len(self.records)
        if counts and None not in counts:
            above = map(sum, zip(*counts, strict=True))
        board = self.update.ladder.board
        return [
            _applied(board, record, held[user_id], n)
            for (user_id, record), n in zip(self.records.items(), above, strict=True)
        ]


def packed_bounds(bounds: Iterable[bytes]) -> Sequence[bytes | int]:
    """Return bounds as scripts take them, which costs less than an argument each: their length, and all of it.

    Those of other lengths follow as another such pair, in their order. `FIRST` is as good as the byte 0.
    """
    runs = groupby((bound or b"\0" for bound in bounds), len)
    return [part for length, same in runs for part in (length, b"".join(same))]


def _applied(board: Board, record: IndexRecord, held: bytes | None, above: int | None) -> Applied:
    if held is None or not is_listed(held):
        return Applied(record.key, None, above, refused=refuses(held, record.packed[USER_BYTES:]))
    previous = key_of(record.key[-USER_BYTES:], held)
    newer = revision_of(held) > revision_of(record.packed[USER_BYTES:])
    if above is not None and newer and previous < rank_bound(board, record.key):
        # The player's own, newer and better entry was counted above this standing.
        above -= 1
    return Applied(record.key, previous, above)
