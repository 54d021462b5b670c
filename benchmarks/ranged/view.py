"""State of the ranges as a process knows it: boundaries, sizes by generation, and the moves that ranges may lack."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise
from typing import NamedTuple

from leaderforge.domain.order import KEY_BYTES, USER_BYTES

GENERATIONS = 4
"""Number of ended generations whose logs and sizes are kept, in the index and here.

A reply whose ranges are older is useless, and its read is repeated.
"""
NONE = b"\xff" * KEY_BYTES
"""Sort key in a move that stands for no entry."""


class Position(NamedTuple):
    """Position in the log of a partition: a generation, and the length of its known part in bytes."""

    generation: int
    length: int


class Move(NamedTuple):
    """Change of an entry. `NONE` stands for no entry, before or after the change."""

    old: bytes
    new: bytes

    @property
    def user(self) -> bytes:
        return (self.old if self.new == NONE else self.new)[-USER_BYTES:]


def moves_of(log: bytes) -> Iterator[Move]:
    """Yield the moves of a log, or of a part of it."""
    for at in range(0, len(log), 2 * KEY_BYTES):
        yield Move(log[at : at + KEY_BYTES], log[at + KEY_BYTES : at + 2 * KEY_BYTES])


@dataclass(slots=True)
class _Log:
    """Known part of a partition's log: the generation that grows, and the known length of each generation in bytes.

    All generations from `complete_from` to `open` are known up to these lengths.
    """

    open: int = 0
    complete_from: int = 0
    lengths: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(slots=True)
class _Changes:
    """Entries that the moves of a generation add to the ranges of a partition, and remove from them, in order."""

    added: list[bytes] = field(default_factory=list)
    removed: list[bytes] = field(default_factory=list)

    def above(self, bound: bytes) -> int:
        return bisect_left(self.added, bound) - bisect_left(self.removed, bound)

    def copies(self, key: bytes) -> int:
        return _copies(self.added, key) - _copies(self.removed, key)


class Snapshot(NamedTuple):
    """Numbers of all entries at one moment of each partition: sizes of ranges, summed up, and changes to add."""

    above_range: Sequence[int]
    changes: Sequence[_Changes]

    @property
    def total(self) -> int:
        return self.above(NONE, len(self.above_range) - 1, 0)

    def above(self, bound: bytes, number: int, within: int) -> int:
        """Return the number of entries above a bound. `within` of them were counted in its range `number`."""
        return self.above_range[number] + within + sum(changes.above(bound) for changes in self.changes)

    def has(self, key: bytes, *, in_range: bool) -> bool:
        """Return whether the entry exists. `in_range` tells whether its range contained it."""
        return in_range + sum(changes.copies(key) for changes in self.changes) > 0


class RangeView:
    """View of the ranges of a ladder. Range `i` lies in partition `i` modulo the number of partitions.

    `boundaries` has the first sort key of each range but the best one, ascending.
    """

    def __init__(self, partitions: int, boundaries: Sequence[bytes], sizes: Sequence[Sequence[int]]) -> None:
        self.partitions = partitions
        self.ranges = len(boundaries) + 1
        self._boundaries = boundaries
        self._logs = [_Log() for _ in range(partitions)]
        self._sizes: list[dict[int, Sequence[int]]] = [{0: part} for part in sizes]
        self._changes: defaultdict[int, list[_Changes]] = defaultdict(
            lambda: [_Changes() for _ in range(self.partitions)]
        )
        self._latest: defaultdict[int, dict[bytes, bytes]] = defaultdict(dict)

    def range_of(self, key: bytes) -> int:
        """Return the number of the range of a sort key."""
        return bisect_right(self._boundaries, key)

    def position(self, partition: int) -> Position:
        """Return the end of the known part of a partition's log."""
        log = self._logs[partition]
        return Position(log.open, log.lengths[log.open])

    def generation(self, partition: int) -> int:
        """Return the latest generation of which the sizes of a partition's ranges are known."""
        return max(self._sizes[partition])

    def add_sizes(self, partition: int, generation: int, sizes: Sequence[int]) -> None:
        """Store the sizes of a partition's ranges at a generation."""
        known = self._sizes[partition]
        known[generation] = sizes
        for old in [g for g in known if g < generation - GENERATIONS]:
            del known[old]

    def add_log(self, partition: int, sent: Position, open_generation: int, tails: Sequence[bytes]) -> None:
        """Store the last generations of a partition's log. The first one continues at `sent`, if it has its number."""
        log = self._logs[partition]
        first = open_generation - len(tails) + 1
        if first > sent.generation:
            log.complete_from = max(log.complete_from, first)
        for generation, tail in enumerate(tails, first):
            start = sent.length if generation == sent.generation else 0
            # Replies may arrive in another order than their requests left. Skip the part that is known meanwhile.
            for move in moves_of(tail[max(0, log.lengths[generation] - start) :]):
                self._add(generation, move)
            log.lengths[generation] = max(log.lengths[generation], start + len(tail))
        log.open = max(log.open, open_generation)
        self._drop_old()

    def snapshot(self, generations: Sequence[int]) -> Snapshot | None:
        """Return the numbers from ranges of these generations, by partition, and the known moves that they lack.

        Return None if the known logs end before the ranges, or begin after them.
        """
        oldest, latest = min(generations), max(generations)
        if latest >= min(log.open for log in self._logs) or oldest + 1 < max(log.complete_from for log in self._logs):
            return None
        if any(g not in sizes for g, sizes in zip(generations, self._sizes, strict=True)):
            return None
        changes = [
            part
            for generation, parts in self._changes.items()
            for part, applied in zip(parts, generations, strict=True)
            if generation > applied
        ]
        return Snapshot(self._sums(generations), changes)

    def latest_sizes(self) -> Snapshot:
        """Return the numbers from the latest known sizes alone, as if no move were missing."""
        return Snapshot(self._sums([self.generation(p) for p in range(self.partitions)]), [])

    def sizes(self) -> Sequence[int]:
        """Return the latest known sizes of all ranges."""
        sums = self.latest_sizes().above_range
        return [after - before for before, after in pairwise(sums)]

    def entry(self, user: bytes) -> bytes | None:
        """Return the last known entry of a player, `NONE` for none. Return None if no move of the player is known."""
        for generation in sorted(self._latest, reverse=True):
            if user in self._latest[generation]:
                return self._latest[generation][user]
        return None

    def _sums(self, generations: Sequence[int]) -> list[int]:
        parts = [self._sizes[p][generation] for p, generation in enumerate(generations)]
        return [0, *accumulate(parts[i % self.partitions][i // self.partitions] for i in range(self.ranges))]

    def _add(self, generation: int, move: Move) -> None:
        parts = self._changes[generation]
        if move.old != NONE:
            insort(parts[self.range_of(move.old) % self.partitions].removed, move.old)
        if move.new != NONE:
            insort(parts[self.range_of(move.new) % self.partitions].added, move.new)
        self._latest[generation][move.user] = move.new

    def _drop_old(self) -> None:
        oldest = min(log.open for log in self._logs) - GENERATIONS
        for generation in [g for g in self._changes if g < oldest]:
            del self._changes[generation]
            self._latest.pop(generation, None)
        for log in self._logs:
            log.complete_from = max(log.complete_from, oldest)
            for generation in [g for g in log.lengths if g < oldest]:
                del log.lengths[generation]


def net_changes(logs: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return the entries to remove and to add for the moves of a generation, each player's moves as one."""
    first: dict[bytes, bytes] = {}
    last: dict[bytes, bytes] = {}
    for move in chain.from_iterable(map(moves_of, logs)):
        first.setdefault(move.user, move.old)
        last[move.user] = move.new
    removed = [key for user, key in first.items() if key not in (NONE, last[user])]
    return removed, [key for user, key in last.items() if key not in (NONE, first[user])]


def _copies(ordered: Sequence[bytes], key: bytes) -> int:
    return bisect_right(ordered, key) - bisect_left(ordered, key)
