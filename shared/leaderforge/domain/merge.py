"""Merging of the partitions' replies into one exact answer."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import ceil, floor, sqrt
from typing import Any, Generic, NamedTuple, TypeVar

from leaderforge.domain.boards import Board
from leaderforge.domain.ranks import rank_of

T = TypeVar("T")

_DEVIATIONS = 3.2
"""Margin around the mean share of a partition in a page of entries, in standard deviations.

In some 0.1 % of cases, the real share is larger. The partition is then read again.
"""


class Row(NamedTuple):
    """Sort key and shown columns of an entry, as index or store lists it.

    `label` is the player's label, None if it is missing in the index. Only lookups by player id return rows that are
    not listed, and only such lookups set `segments`: the player's segment for each attribute of the board, None for no
    value. The form of a segment depends on the ranking that listed the row. Only this ranking can count in the segment
    (see `SegmentBound`).
    """

    key: bytes
    submissions: int
    label: str | None = None
    has_metadata: bool = False
    hidden: bool = False
    segments: Sequence[Any] = ()


def ranked_on(board: Board, rows: Collection[Row]) -> Collection[Row]:
    """Return the rows with enough submissions to be ranked, including hidden rows."""
    if board.min_submissions == 1:
        return rows
    return [row for row in rows if not board.missing_submissions(row.submissions)]


def listed_on(board: Board, rows: Iterable[Row | None]) -> list[Row]:
    """Return the rows that are entries of the board: neither hidden nor with too few submissions."""
    visible = [row for row in rows if row is not None and not row.hidden]
    return list(ranked_on(board, visible))


def are_unmoved(rows: Iterable[Row], stored: Collection[Row]) -> bool:
    """Return whether stored rows still have the sort keys and segments of these rows, and are still hidden or not."""
    places = {row.key: (row.hidden, tuple(row.segments)) for row in stored}
    return all(places.get(row.key) == (row.hidden, tuple(row.segments)) for row in rows)


@dataclass(frozen=True, slots=True)
class Window(Generic[T]):
    """Entries of a ladder around a bound: total, number above the bound, and the nearest entries on each side.

    `before` and `after` are in rank order. `after` starts with the first entry at or below the bound. The rank of this
    entry is `above` + 1. `counted` has the number of entries above each further bound of the read.
    """

    total: int
    above: int
    before: Sequence[T]
    after: Sequence[T]
    counted: Sequence[int] = ()

    @property
    def first(self) -> int:
        """Ordinal rank of the first entry."""
        return rank_of(self.above - len(self.before))


class Span(NamedTuple):
    """Sort keys of consecutive entries of one partition around a bound, in order.

    `total` is the number of the partition's entries, `above` the number above the bound, and `start` the position of
    the first key, from 0.
    """

    total: int
    above: int
    start: int
    keys: Sequence[bytes]

    def between(self, best: bytes, last: bytes) -> slice:
        """Return the positions of the keys from `best` to `last`, inclusive."""
        return slice(bisect_left(self.keys, best), bisect_right(self.keys, last))


class SegmentBound(NamedTuple):
    """Bound for counts within a segment. The segment belongs to the attribute at `position` in `Board.segments`."""

    position: int
    segment: Any
    bound: bytes


@dataclass(frozen=True, slots=True)
class Counts:
    """Total of the entries, and for each bound, in order, the number of entries above it.

    `within` has the number above each `SegmentBound` within its segment. `all_present` is true if all entries in the
    `present` argument of `Ranking.counts` were still in the ladder, and all rows in its `rows` argument were unchanged.
    """

    total: int
    above: Sequence[int]
    all_present: bool = True
    within: Sequence[int] = ()


def merge_spans(spans: Sequence[Span], bound: bytes, before: int, after: int) -> Window[bytes] | None:
    """Return the sort keys of a window over all partitions, from their spans around this bound.

    Return None if the spans are too short to determine the keys.
    """
    total, above = sum(span.total for span in spans), sum(span.above for span in spans)
    first, end = max(0, above - before), min(total, above + after)
    keys = keys_at(spans, bound, first, end - first)
    if keys is None:
        return None
    return Window(total, above, before=keys[: above - first], after=keys[above - first :])


def keys_at(spans: Sequence[Span], bound: bytes, first: int, count: int) -> list[bytes] | None:
    """Return up to `count` sort keys from position `first` (from 0) on, in the common order of all partitions.

    Return fewer at the end of the ladder, and None if the spans are too short to determine the keys.
    """
    count = min(count, sum(span.total for span in spans) - first)
    if count <= 0:
        return []
    begin = first - sum(span.start for span in spans)
    # Use `sorted`: each span is in order, and Timsort merges such runs faster than `heapq.merge`.
    keys = sorted(chain.from_iterable(span.keys for span in spans))[max(0, begin) : begin + count]
    if begin < 0 or len(keys) < count:
        return None
    return keys if all(_has_all_between(span, bound, keys[0], keys[-1]) for span in spans) else None


def _has_all_between(span: Span, bound: bytes, best: bytes, last: bytes) -> bool:
    """Return whether a span has all entries that its partition has between two sort keys, inclusive."""
    keys = span.keys
    end = span.start + len(keys)
    # The entries before the start of a span are above its first entry. If the span starts at or above the bound, they
    # are also above the bound. The entries after the end of a span are below its last entry and, if the span ends at or
    # below the bound, also below the bound.
    begins_before = span.start == 0 or (span.start <= span.above and bound <= best) or (bool(keys) and keys[0] <= best)
    ends_after = end == span.total or (end >= span.above and last < bound) or (bool(keys) and keys[-1] >= last)
    return begins_before and ends_after


def local_range(first: int, end: int, partitions: int, *, widening: int = 1) -> tuple[int, int]:
    """Return the positions that probably contain a partition's part of the whole ladder's range `first` to `end`.

    Positions are relative to a bound. The end of each range is excluded. Hashing spreads entries uniformly: the share
    of n entries has a binomial distribution. `widening` multiplies the margin for deviations.
    """
    low = floor(first / partitions - widening * _margin(first, partitions))
    high = ceil(end / partitions + widening * _margin(end, partitions))
    return max(min(first, 0), low), min(max(end, 0), high)


def _margin(count: int, partitions: int) -> float:
    """Return the margin between the mean share of `count` entries and a partition's largest probable share."""
    return 0 if partitions == 1 else 1 + _DEVIATIONS * sqrt(abs(count) * (partitions - 1)) / partitions


def nth(partitions: Iterable[Iterable[bytes]], n: int) -> bytes | None:
    """Return the n-th smallest key (from 0) of several lists, None if the lists together have too few keys."""
    ordered = sorted(chain.from_iterable(partitions))
    return ordered[n] if n < len(ordered) else None
