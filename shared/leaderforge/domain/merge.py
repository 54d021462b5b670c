"""Merging of the partitions' replies into one exact answer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import ceil, floor, sqrt
from typing import Generic, NamedTuple, TypeVar

from leaderforge.domain.boards import Board

T = TypeVar("T")

_DEVIATIONS = 3.2
"""Standard deviations that a probable share covers. A share is too small in some 0.1 % of cases, and is read again."""


class Row(NamedTuple):
    """Sort key and shown columns of an entry, as index or store lists it.

    `label` is the player's label, None if it is missing in the index. Only lookups by player id return rows that are
    not listed.
    """

    key: bytes
    submissions: int
    label: str | None = None
    has_metadata: bool = False
    hidden: bool = False

    def is_listed_on(self, board: Board) -> bool:
        """Return whether the row is an entry of the board: neither hidden nor with too few submissions."""
        return not (self.hidden or board.missing_submissions(self.submissions))


@dataclass(frozen=True, slots=True)
class Window(Generic[T]):
    """Entries around a bound: the total of the ladder, the number above the bound, and the nearest on each side.

    `before` and `after` are in rank order. `after` starts with the first entry at or below the bound. The rank of this
    entry is `above` + 1.
    """

    total: int
    above: int
    before: Sequence[T]
    after: Sequence[T]


@dataclass(frozen=True, slots=True)
class Span(Generic[T]):
    """Consecutive entries of one partition around a bound, in rank order.

    `total` is the number of the partition's entries, `above` the number above the bound, and `start` the position of
    the first listed entry, from 0.
    """

    total: int
    above: int
    start: int
    entries: Sequence[T]


@dataclass(frozen=True, slots=True)
class Counts:
    """Total of the entries, and the number above each bound, in the order of the bounds.

    `all_present` is true if all entries in the `present` argument of `Ranking.counts` were still in the ladder.
    """

    total: int
    above: Sequence[int]
    all_present: bool = True


def merge_spans(
    spans: Sequence[Span[T]], bound: bytes, before: int, after: int, key: Callable[[T], bytes]
) -> Window[T] | None:
    """Return the window over all partitions around a bound, or None if the spans do not determine it.

    The spans are around this bound. `key` returns an entry's sort key.
    """
    total, above = sum(span.total for span in spans), sum(span.above for span in spans)
    first, end = max(0, above - before), min(total, above + after)
    entries = entries_at(spans, bound, first, end - first, key)
    if entries is None:
        return None
    return Window(total, above, before=entries[: above - first], after=entries[above - first :])


def entries_at(
    spans: Sequence[Span[T]], bound: bytes, first: int, count: int, key: Callable[[T], bytes]
) -> list[T] | None:
    """Return up to `count` entries from a position (from 0) in the order of all partitions.

    Return fewer at the end of the ladder, and None if the spans do not determine the entries.
    """
    count = min(count, sum(span.total for span in spans) - first)
    if count <= 0:
        return []
    begin = first - sum(span.start for span in spans)
    # Each span is in order. Timsort merges such runs faster than `heapq.merge`.
    entries = sorted(chain.from_iterable(span.entries for span in spans), key=key)[max(0, begin) : begin + count]
    if begin < 0 or len(entries) < count:
        return None
    best, last = key(entries[0]), key(entries[-1])
    return entries if all(_has_all_between(span, bound, best, last, key) for span in spans) else None


def _has_all_between(span: Span[T], bound: bytes, best: bytes, last: bytes, key: Callable[[T], bytes]) -> bool:
    """Return whether a span has all entries of its partition between two sort keys, inclusive."""
    end = span.start + len(span.entries)
    # The entries before the span's start are above its first entry. They are also above the bound if the span starts
    # at or above it. The entries after its end are below in the same way.
    begins_before = (
        span.start == 0
        or (span.start <= span.above and bound <= best)
        or (bool(span.entries) and key(span.entries[0]) <= best)
    )
    ends_after = (
        end == span.total
        or (end >= span.above and last < bound)
        or (bool(span.entries) and key(span.entries[-1]) >= last)
    )
    return begins_before and ends_after


def local_range(first: int, end: int, partitions: int, *, widening: int = 1) -> tuple[int, int]:
    """Return the positions of a partition that probably contain its share of the positions `first` to `end` - 1.

    Positions are relative to a bound, and `end` is excluded. Hashing spreads entries uniformly: the share of n entries
    has a binomial distribution. `widening` multiplies the margin for deviations.
    """
    low = floor(first / partitions - widening * _margin(first, partitions))
    high = ceil(end / partitions + widening * _margin(end, partitions))
    return max(min(first, 0), low), min(max(end, 0), high)


def _margin(count: int, partitions: int) -> float:
    """Return by how much a partition's share of `count` entries probably differs from the mean, at most."""
    return 0 if partitions == 1 else 1 + _DEVIATIONS * sqrt(abs(count) * (partitions - 1)) / partitions


def merge_counts(counts: Iterable[Counts]) -> Counts:
    """Return the counts over all partitions. Each partition's counts must have the same bounds."""
    parts = list(counts)
    return Counts(
        total=sum(c.total for c in parts),
        above=[sum(column) for column in zip(*(c.above for c in parts), strict=True)],
        all_present=all(c.all_present for c in parts),
    )


def nth(partitions: Iterable[Iterable[bytes]], n: int) -> bytes | None:
    """Return the n-th smallest key (from 0) of several lists, None if they have fewer keys."""
    ordered = sorted(chain.from_iterable(partitions))
    return ordered[n] if n < len(ordered) else None
