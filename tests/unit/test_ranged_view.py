"""Ranges of the prototype in benchmarks/ranged: exact at every interleaving of calls, beside a count over all players.

Each partition runs one call at a time. A read calls all partitions, in any order, while players move and folds go on.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.ranged.view import GENERATIONS, NONE, Position, RangeView, Snapshot, net_changes
from leaderforge.domain.order import KEY_BYTES, USER_BYTES

PARTITIONS = 2
PLAYERS = 3
PLACES = 8
RANGES = 4
PLAYER = st.integers(0, PLAYERS - 1)
PLACE = st.one_of(st.none(), st.integers(0, PLACES - 1))
PARTITION = st.integers(0, PARTITIONS - 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), PLAYER, PLACE),
        st.tuples(st.just("fold"), st.integers(1, 2 * PARTITIONS)),
        st.tuples(st.just("read"), st.integers(0, 1), PARTITION),
    ),
    max_size=40,
)


def key_of(place: int, player: int) -> bytes:
    return bytes([place]) * (KEY_BYTES - USER_BYTES) + bytes([player]) * USER_BYTES


BOUNDARIES = [key_of(place, 0) for place in range(PLACES // RANGES, PLACES, PLACES // RANGES)]


@dataclass
class Partition:
    """Model of a partition's node: its players' entries, its log, and its ranges at the last applied generation."""

    open: int = 1
    applied: int = 0
    entries: dict[int, bytes] = field(default_factory=dict)
    logs: dict[int, bytes] = field(default_factory=dict)
    ranged: set[bytes] = field(default_factory=set)


@dataclass
class Read:
    """Read in progress: the positions that it sent, and the replies so far."""

    sent: Sequence[Position]
    replies: dict[int, tuple[int, list[bytes]]] = field(default_factory=dict)


class World:
    """Two partitions, a process that reads, and a fold in progress."""

    def __init__(self) -> None:
        self.partitions = [Partition() for _ in range(PARTITIONS)]
        self.view = RangeView(PARTITIONS, BOUNDARIES, self.sizes())
        self.reads: dict[int, Read] = {}
        self.fold_steps = self.folds()
        self.seen: list[dict[int, bytes]] = [{} for _ in range(PARTITIONS)]
        """Entries of each partition's players at the last reply that the process has."""

    def sizes(self) -> list[list[int]]:
        return [
            [sum(bisect_left(BOUNDARIES, k + b"\0") == i for k in part.ranged) for i in range(p, RANGES, PARTITIONS)]
            for p, part in enumerate(self.partitions)
        ]

    def move(self, player: int, place: int | None) -> None:
        part = self.partitions[player % PARTITIONS]
        old = part.entries.pop(player, NONE)
        new = NONE if place is None else key_of(place, player)
        if place is not None:
            part.entries[player] = new
        if old != new:
            part.logs[part.open] = part.logs.get(part.open, b"") + old + new

    def fold(self, calls: int) -> None:
        for _ in range(calls):
            next(self.fold_steps)

    def folds(self) -> Iterator[None]:
        """Run folds until it is cancelled, one call to a partition at a time."""
        generation = 1
        while True:
            for part in self.partitions:
                part.open = generation + 1
                part.logs.pop(generation - GENERATIONS, None)
                yield
            removed, added = net_changes([part.logs.get(generation, b"") for part in self.partitions])
            for p, part in enumerate(self.partitions):
                local = [{k for k in keys if self.view.range_of(k) % PARTITIONS == p} for keys in (removed, added)]
                part.ranged = part.ranged - local[0] | local[1]
                part.applied = generation
                yield
            generation += 1

    def read(self, number: int, p: int) -> None:
        """Call one partition for a read, and check the answer once all partitions have replied."""
        read = self.reads.setdefault(number, Read([self.view.position(i) for i in range(PARTITIONS)]))
        part = self.partitions[p]
        if p not in read.replies:
            sent = read.sent[p]
            logs = [part.logs.get(g, b"") for g in range(max(sent.generation, part.open - GENERATIONS), part.open + 1)]
            if max(sent.generation, part.open - GENERATIONS) == sent.generation:
                logs[0] = logs[0][sent.length :]
            read.replies[p] = part.applied, [b"".join(sorted(part.ranged))]
            self.view.add_log(p, sent, part.open, logs)
            self.view.add_sizes(p, part.applied, self.sizes()[p])
            self.seen[p] = dict(part.entries)
        if len(read.replies) == PARTITIONS:
            del self.reads[number]
            snapshot = self.view.snapshot([read.replies[i][0] for i in range(PARTITIONS)])
            if snapshot is not None:
                self.check(snapshot, [packed for i in range(PARTITIONS) for packed in read.replies[i][1]])

    def check(self, snapshot: Snapshot, ranged: Sequence[bytes]) -> None:
        expected = sorted(key for entries in self.seen for key in entries.values())
        assert snapshot.total == len(expected)
        keys = [packed[at : at + KEY_BYTES] for packed in ranged for at in range(0, len(packed), KEY_BYTES)]
        for place in range(PLACES):
            for player in range(PLAYERS):
                bound = key_of(place, player)
                number = self.view.range_of(bound)
                within = sum(k < bound and self.view.range_of(k) == number for k in keys)
                assert snapshot.above(bound, number, within) == bisect_left(expected, bound)
                assert snapshot.has(bound, in_range=bound in keys) == (bound in expected)


@settings(max_examples=300)
@given(STEPS)
def test_a_rank_counts_each_player_once(steps: Sequence[tuple[object, ...]]) -> None:
    world = World()
    for name, *arguments in steps:
        getattr(world, str(name))(*arguments)


def test_ranges_that_are_newer_than_the_known_log_are_useless() -> None:
    view = RangeView(PARTITIONS, BOUNDARIES, [[0, 0], [0, 0]])
    view.add_log(0, Position(0, 0), 2, [b"", b"", b""])
    view.add_log(1, Position(0, 0), 1, [b"", b""])
    view.add_sizes(0, 1, [1, 0])
    assert view.snapshot([0, 0]) is not None
    assert view.snapshot([1, 0]) is None


def test_ranges_that_are_older_than_the_kept_logs_are_useless() -> None:
    view = RangeView(PARTITIONS, BOUNDARIES, [[0, 0], [0, 0]])
    for p in range(PARTITIONS):
        view.add_log(p, Position(0, 0), 8, [b""] * (GENERATIONS + 1))
        view.add_sizes(p, 3, [0, 0])
    assert view.snapshot([3, 3]) is not None
    assert view.snapshot([2, 3]) is None
