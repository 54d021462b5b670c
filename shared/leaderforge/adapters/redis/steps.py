"""Steps of reads. A step needs one script call per partition. Concurrent similar steps on a ladder share the calls."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from itertools import chain, islice
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeAlias

from leaderforge.adapters.redis.applying import packed_bounds, packed_segment_bounds
from leaderforge.adapters.redis.cluster import Call
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.adapters.redis.records import listed_keys, listed_rows, packed_place, record_bytes, stored_rows
from leaderforge.adapters.redis.scripts import script
from leaderforge.domain.boards import Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.merge import Counts, Row, SegmentBound, Span
from leaderforge.domain.order import USER_BYTES, key_bytes
from leaderforge.domain.segments import Segment

_WEIGHT_OF_CALLS = 2000
"""Maximum total weight of the steps that share a call. A call of this weight blocks its node for about 2 ms."""
_WEIGHT_OF_COUNT = 10
"""Weight of the count of entries above a bound, which costs as much as a span of about ten entries."""
_WINDOW_PARTS = 5
"""Number of parts of a reply of window.lua for each window."""
_ROWS_A_CALL = 1000
"""Maximum players of a `rows` call."""


class SpansStep(NamedTuple):
    """Read of the positions `first` to `end` - 1 of each partition, relative to a bound. Its reply is `Spans`.

    `counted` are further bounds, above which entries are counted in the same script call.
    """

    ladder: Ladder
    bound: bytes
    first: int
    end: int
    detailed: bool
    counted: Sequence[bytes] = ()

    @property
    def weight(self) -> int:
        return self.end - self.first + _WEIGHT_OF_COUNT * len(self.counted)


class RowsStep(NamedTuple):
    """Read of the rows of players, whose ids (in the form of `user_bytes`) are given by partition.

    Its reply maps player ids to rows, and may contain other players too.
    """

    ladder: Ladder
    groups: Mapping[int, Sequence[bytes]]

    @property
    def weight(self) -> int:
        return sum(map(len, self.groups.values()))


class CountsStep(NamedTuple):
    """Count of the entries above bounds, and check that entries have not moved.

    The sort keys in `present` must be in the ladder, and the `rows` must be unchanged. Both are given by partition.
    """

    ladder: Ladder
    bounds: Sequence[bytes]
    present: Mapping[int, Sequence[bytes]]
    within: Sequence[SegmentBound] = ()
    rows: Mapping[int, Sequence[Row]] = MappingProxyType({})

    @property
    def weight(self) -> int:
        return _WEIGHT_OF_COUNT * (len(self.bounds) + len(self.within))


class ProbesStep(NamedTuple):
    """Read of the entries at ascending positions, from 0, of each partition.

    Its reply contains the total and the sort keys of each partition.
    """

    ladder: Ladder
    positions: Sequence[Sequence[int]]

    @property
    def weight(self) -> int:
        # Claim the whole weight of a call, because the probes of several steps cannot share a call.
        return _WEIGHT_OF_CALLS


class Spans(NamedTuple):
    """Spans of all partitions. `details` has the packed details and names of each partition, empty unless requested.

    `counted` has the number of entries of all partitions above each bound of the step's `counted`.
    """

    spans: Sequence[Span]
    details: Sequence[tuple[bytes, bytes]]
    counted: Sequence[int] = ()

    def rows(self, best: bytes, last: bytes) -> Mapping[bytes, Row]:
        """Return the rows between two sort keys, inclusive, by sort key. Only these rows are unpacked."""
        rows: dict[bytes, Row] = {}
        for span, (details, names) in zip(self.spans, self.details, strict=True):
            if span.keys:
                rows |= listed_rows(span.keys, details, names, span.between(best, last))
        return rows

    def users(self, best: bytes, last: bytes) -> Mapping[int, Sequence[bytes]]:
        """Return the ids of the players between two sort keys, inclusive, by partition, in the form of `user_bytes`."""
        return {
            p: [key[-USER_BYTES:] for key in span.keys[span.between(best, last)]] for p, span in enumerate(self.spans)
        }


ReadStep: TypeAlias = SpansStep | RowsStep | CountsStep | ProbesStep
Replies = Sequence[Any]
"""Replies of the script calls, in order."""


class StepCalls(Protocol):
    """Script calls for steps of one kind on one ladder, and conversion of the replies to the steps' results."""

    @property
    def calls(self) -> Sequence[Call]: ...

    def results(self, replies: Replies) -> Sequence[Any]:
        """Return the reply of each step."""
        ...


def step_calls(keys: IndexKeys, steps: Sequence[ReadStep]) -> Sequence[tuple[Sequence[int], StepCalls]]:
    """Return groups of steps that share script calls: the positions of the steps in `steps`, and their calls."""
    positions: defaultdict[tuple[type, int, int, Segment | None], list[int]] = defaultdict(list)
    for i, step in enumerate(steps):
        ladder = step.ladder
        positions[type(step), ladder.board.id, ladder.period, ladder.segment].append(i)
    return [
        (group, _CALLS[kind](keys, [steps[i] for i in group]))
        for (kind, *_), same_kind in positions.items()
        for group in _short_groups(same_kind, steps)
    ]


def _short_groups(positions: Iterable[int], steps: Sequence[ReadStep]) -> Iterable[Sequence[int]]:
    """Yield groups of positions of steps. The steps of a group are light enough to share calls."""
    group: list[int] = []
    weight = 0
    for i in positions:
        weight += steps[i].weight
        if group and weight > _WEIGHT_OF_CALLS:
            yield group
            group, weight = [], steps[i].weight
        group.append(i)
    yield group


class _SpansCalls:
    def __init__(self, keys: IndexKeys, steps: Sequence[SpansStep]) -> None:
        self._steps = steps
        ladder = steps[0].ladder
        args: list[bytes | int] = []
        for step in steps:
            args += step.bound, step.first, step.end, int(step.detailed)
            # A window without entries only counts.
            for bound in step.counted:
                args += bound, 0, 0, 0
        self.calls = [
            keys.call(p, script("window"), keys.entries(p, ladder), keys.standings(p, ladder), keys.names[p], args=args)
            for p in keys.partitions
        ]

    def results(self, replies: Replies) -> Sequence[Spans]:
        results, at = [], 1
        for step in self._steps:
            results.append(self._spans(at, step, replies))
            at += _WINDOW_PARTS * (1 + len(step.counted))
        return results

    @staticmethod
    def _spans(at: int, step: SpansStep, replies: Replies) -> Spans:
        """Return the spans of a step whose parts of each reply begin at a position."""
        board, end = step.ladder.board, at + _WINDOW_PARTS
        windows = [reply[at:end] for reply in replies]
        spans = [
            Span(reply[0], above, start, listed_keys(board, keys))
            for reply, (above, start, keys, _, _) in zip(replies, windows, strict=True)
        ]
        counted = tuple(sum(reply[end + _WINDOW_PARTS * i] for reply in replies) for i in range(len(step.counted)))
        return Spans(spans, [(details, names) for _, _, _, details, names in windows], counted)


class _RowsCalls:
    def __init__(self, keys: IndexKeys, steps: Sequence[RowsStep]) -> None:
        self._steps = steps
        ladder = steps[0].ladder
        value_bytes = record_bytes(ladder.board) - USER_BYTES
        self._pieces: list[Sequence[bytes]] = []
        self.calls: list[Call] = []
        for p in keys.partitions:
            for piece in chunks([user for step in steps for user in step.groups.get(p, ())], _ROWS_A_CALL):
                self._pieces.append(piece)
                args = (value_bytes, b"".join(piece))
                self.calls.append(keys.call(p, script("rows"), keys.standings(p, ladder), keys.names[p], args=args))

    def results(self, replies: Replies) -> Sequence[Mapping[bytes, Row]]:
        rows: dict[bytes, Row] = {}
        for users, reply in zip(self._pieces, replies, strict=True):
            rows |= stored_rows(self._steps[0].ladder, users, *reply)
        return [rows] * len(self._steps)


class _CountsCalls:
    def __init__(self, keys: IndexKeys, steps: Sequence[CountsStep]) -> None:
        self._steps = steps
        ladder = steps[0].ladder
        # Remove equal bounds, which concurrent reads often have. Sort the bounds, because neighbours share the path of
        # the search in the sorted set. Sorting is cheap, because most steps have their bounds in order.
        self._bounds = list(dict.fromkeys(sorted(chain.from_iterable(step.bounds for step in steps))))
        self._within = dict.fromkeys((b.segment, b.bound) for step in steps for b in step.within)
        bounds = [*packed_bounds(self._bounds), *packed_segment_bounds(self._within)]
        self.calls = [self._call(keys, p, ladder, bounds) for p in keys.partitions]

    def _call(self, keys: IndexKeys, p: int, ladder: Ladder, bounds: Sequence[bytes | int]) -> Call:
        board, script_keys = ladder.board, [keys.entries(p, ladder)]
        present = b"".join({key: None for step in self._steps for key in step.present.get(p, ())})
        places = {packed_place(board, row): None for step in self._steps for row in step.rows.get(p, ())}
        if places:
            script_keys.append(keys.standings(p, ladder))
            bounds = [*bounds, b"p%d" % len(next(iter(places))), b"".join(places)]
        return keys.call(p, script("counts"), *script_keys, args=(key_bytes(board), present, *bounds))

    def results(self, replies: Replies) -> Sequence[Counts]:
        width = key_bytes(self._steps[0].ladder.board)
        missing = {entries[at : at + width] for entries, *_ in replies for at in range(0, len(entries), width)}
        total, *sums = map(sum, zip(*(counts for _, *counts in replies), strict=True))
        above = dict(zip(self._bounds, sums, strict=False))
        within = dict(zip(self._within, sums[len(self._bounds) :], strict=True))
        return [_counts_of(step, total, above, within, missing) for step in self._steps]


class _ProbesCalls:
    def __init__(self, keys: IndexKeys, steps: Sequence[ProbesStep]) -> None:
        self._steps = steps
        self.calls = [
            keys.call(p, script("probe"), keys.entries(p, step.ladder), args=(_packed(step.positions[p]),))
            for step in steps
            for p in keys.partitions
        ]

    def results(self, replies: Replies) -> Sequence[Replies]:
        remaining = iter(replies)
        return [list(islice(remaining, len(step.positions))) for step in self._steps]


_CALLS: Mapping[type, Callable[[IndexKeys, Any], StepCalls]] = {
    SpansStep: _SpansCalls,
    RowsStep: _RowsCalls,
    CountsStep: _CountsCalls,
    ProbesStep: _ProbesCalls,
}


def _counts_of(
    step: CountsStep,
    total: int,
    above: Mapping[bytes, int],
    within: Mapping[tuple[bytes, bytes], int],
    missing: Set[bytes],
) -> Counts:
    in_segments = tuple(within[b.segment, b.bound] for b in step.within)
    all_present = not missing or missing.isdisjoint(_checked(step))
    return Counts(total, [above[bound] for bound in step.bounds], all_present, in_segments)


def _checked(step: CountsStep) -> Iterable[bytes]:
    """Return the sort keys of the entries that a step checks."""
    rows = chain.from_iterable(step.rows.values())
    return chain(chain.from_iterable(step.present.values()), (row.key for row in rows))


def _packed(ascending: Sequence[int]) -> str:
    """Return ascending positions as one argument of probe.lua, because hundreds of arguments cost the client more."""
    if len(ascending) > 1 and ascending[-1] - ascending[0] == len(ascending) - 1:
        return f"{ascending[0]}-{ascending[-1]}"
    return " ".join(map(str, ascending))
