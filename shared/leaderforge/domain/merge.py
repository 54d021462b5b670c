"""Merging of the partitions' replies into one exact answer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import chain, islice
from math import ceil, sqrt
from typing import Generic, NamedTuple, TypeVar

from leaderforge.domain.boards import Board

T = TypeVar("T")


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
class Counts:
    """Total of the entries, and the number above each bound, in the order of the bounds.

    `all_present` is true if all entries in the `present` argument of `Ranking.counts` were still in the ladder.
    """

    total: int
    above: Sequence[int]
    all_present: bool = True


def merge_windows(windows: Sequence[Window[T]], before: int, after: int, key: Callable[[T], bytes]) -> Window[T]:
    """Return the window over all partitions. Each partition's window must have the same bound and sizes.

    `key` returns an entry's sort key.
    """
    # The entries closest to the bound come last in each list. Therefore merge backwards, then restore the order.
    nearest = merge(*(reversed(w.before) for w in windows), key=key, reverse=True)
    return Window(
        total=sum(w.total for w in windows),
        above=sum(w.above for w in windows),
        before=list(islice(nearest, before))[::-1],
        after=list(islice(merge(*(w.after for w in windows), key=key), after)),
    )


def share(count: int, partitions: int) -> int:
    """Return a probable upper bound for one partition's share of `count` consecutive entries.

    The bound is the mean plus four standard deviations, because hashing spreads entries uniformly.
    """
    mean = count / partitions
    return min(count, ceil(mean + 4 * sqrt(mean)) + 1)


def is_conclusive(
    windows: Sequence[Window[T]],
    merged: Window[T],
    requested: tuple[int, int],
    needed: tuple[int, int],
    key: Callable[[T], bytes],
) -> bool:
    """Return whether the merged window is exact for the `needed` numbers of entries before and after its bound.

    Each partition listed at most the `requested` numbers of entries. It may have omitted entries if its list is full
    and ends before the last merged entry. The merged window is not exact then.
    """
    requested_before, requested_after = requested
    needed_before, needed_after = needed
    for window in windows:
        if len(window.after) == requested_after < needed_after and (
            len(merged.after) < needed_after or key(window.after[-1]) < key(merged.after[-1])
        ):
            return False
        if len(window.before) == requested_before < needed_before and (
            len(merged.before) < needed_before or key(window.before[0]) > key(merged.before[0])
        ):
            return False
    return True


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
