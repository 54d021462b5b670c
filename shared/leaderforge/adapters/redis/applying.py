"""Update of one ladder: arguments of its script calls, and interpretation of their replies."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, repeat
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

    `earlier` has the players and the rank bounds of `LadderUpdate.earlier`.

    `groups` maps partitions to the ids of their players. The script runs on `partitions`: all partitions of the index
    if the update counts entries, otherwise the partitions of its players.
    """

    update: LadderUpdate
    records: Mapping[int, IndexRecord]
    earlier: Sequence[tuple[int, bytes]]
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
        records = {standing.user_id: record_of(board, standing) for standing in update.standings}
        earlier = [(user_id, rank_bound(board, key)) for user_id, keys in update.earlier.items() for key in keys]
        groups = by_partition(records)
        return cls(update, records, earlier, groups, list(all_partitions) if update.count else list(groups))

    def arguments(self) -> Iterable[Sequence[bytes | int]]:
        """Yield the arguments of apply.lua for each of the partitions."""
        board = self.update.ladder.board
        length = record_bytes(board)
        bounds: Sequence[bytes | int] = ()
        if self.update.count:
            rank_bounds = [rank_bound(board, record.key) for record in self.records.values()]
            bounds = packed_bounds(rank_bounds + [bound for _, bound in self.earlier])
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
        # The sums contain one number per standing, then one per earlier standing.
        sums = list(map(sum, zip(*counts, strict=True))) if counts and None not in counts else None
        above: Iterable[int | None] = repeat(None) if sums is None else sums
        board, earlier = self.update.ladder.board, self._above_earlier(previous_values, sums or ())
        return [
            _applied(board, record, previous_values[user_id], n, earlier.get(user_id, ()))
            for (user_id, record), n in zip(self.records.items(), above, strict=False)
        ]

    def _above_earlier(
        self, previous_values: Mapping[int, bytes | None], sums: Sequence[int]
    ) -> Mapping[int, Sequence[int]]:
        """Return the counts above earlier standings by player, without the players' own entries."""
        above: defaultdict[int, list[int]] = defaultdict(list)
        for (user_id, bound), n in zip(self.earlier, sums[len(self.records) :], strict=False):
            own_key = _listed_key(self.records[user_id], previous_values[user_id])
            above[user_id].append(n if own_key is None else n - (own_key < bound))
        return above


def packed_bounds(bounds: Iterable[bytes]) -> Sequence[bytes | int]:
    """Return bounds as script arguments: pairs of a length and the concatenated bounds of that length, in order.

    One argument for many bounds costs the client less than one per bound.
    """
    # Bounds are split by their length, which must not be 0. Replace `FIRST` by the byte 0, which also precedes every
    # key.
    runs = groupby((bound or b"\0" for bound in bounds), len)
    return [part for length, run in runs for part in (length, b"".join(run))]


def _listed_key(record: IndexRecord, previous_value: bytes | None) -> bytes | None:
    """Return the sort key of a player's entry after the update, None without an entry."""
    value = record.packed[USER_BYTES:]
    if previous_value is not None and revision_of(previous_value) >= revision_of(value):
        value = previous_value
    return key_of(record.packed[:USER_BYTES], value) if is_listed(value) else None


def _applied(
    board: Board, record: IndexRecord, previous_value: bytes | None, above: int | None, above_earlier: Sequence[int]
) -> Applied:
    if previous_value is None or not is_listed(previous_value):
        refused = refuses(previous_value, record.packed[USER_BYTES:])
        return Applied(record.key, None, above, refused, above_earlier)
    previous = key_of(record.key[-USER_BYTES:], previous_value)
    newer = revision_of(previous_value) > revision_of(record.packed[USER_BYTES:])
    if above is not None and newer and previous < rank_bound(board, record.key):
        # The index may have a newer and better entry of the same player. The script counted it above this standing.
        above -= 1
    return Applied(record.key, previous, above, False, above_earlier)
