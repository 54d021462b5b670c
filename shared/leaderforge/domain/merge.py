"""Merging what the partitions answer into one exact answer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import chain, islice
from math import ceil, sqrt
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Row(NamedTuple):
    """An entry as an index or a store lists it: its sort key and what a page shows beside.

    Hidden ones are found by their player's id alone.
    """

    key: bytes
    submissions: int
    username: str | None = None
    has_metadata: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Window(Generic[T]):
    """Entries around a bound: how many there are, how many lie above it, and the nearest on each side.

    `before` and `after` are in rank order; `after` starts with the first entry at or below the bound, whose rank
    is `above` + 1.
    """

    total: int
    above: int
    before: Sequence[T]
    after: Sequence[T]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many entries there are, and how many lie above each bound asked for, in the order asked."""

    total: int
    above: Sequence[int]


def merge_windows(windows: Sequence[Window[T]], before: int, after: int, key: Callable[[T], bytes]) -> Window[T]:
    """Return the window over all partitions from each partition's own, taken at the same bound and sizes.

    `key` returns an entry's sort key.
    """
    nearest = merge(*(reversed(w.before) for w in windows), key=key, reverse=True)
    return Window(
        total=sum(w.total for w in windows),
        above=sum(w.above for w in windows),
        before=list(islice(nearest, before))[::-1],
        after=list(islice(merge(*(w.after for w in windows), key=key), after)),
    )


def share(wanted: int, partitions: int) -> int:
    """Return how many of `wanted` consecutive entries one partition holds at the most, in all likelihood.

    Hashing spreads entries as a fair die would, so this is the mean and four standard deviations more.
    """
    mean = wanted / partitions
    return min(wanted, ceil(mean + 4 * sqrt(mean)) + 1)


def is_conclusive(
    windows: Sequence[Window[T]],
    merged: Window[T],
    asked: tuple[int, int],
    wanted: tuple[int, int],
    key: Callable[[T], bytes],
) -> bool:
    """Whether windows of `asked` entries before and after a bound were enough for the `wanted` ones of the merged.

    They were unless a partition was cut short before the last entry that was kept.
    """
    asked_before, asked_after = asked
    wanted_before, wanted_after = wanted
    for window in windows:
        if len(window.after) == asked_after < wanted_after and (
            len(merged.after) < wanted_after or key(window.after[-1]) < key(merged.after[-1])
        ):
            return False
        if len(window.before) == asked_before < wanted_before and (
            len(merged.before) < wanted_before or key(window.before[0]) > key(merged.before[0])
        ):
            return False
    return True


def merge_counts(counts: Iterable[Counts]) -> Counts:
    """Return the counts over all partitions from each partition's own, for the same bounds."""
    parts = list(counts)
    return Counts(
        total=sum(c.total for c in parts),
        above=[sum(column) for column in zip(*(c.above for c in parts), strict=True)],
    )


def nth(partitions: Iterable[Iterable[bytes]], n: int) -> bytes | None:
    """Return the n-th smallest key (from 0) of several lists, or None where there are fewer."""
    ordered = sorted(chain.from_iterable(partitions))
    return ordered[n] if n < len(ordered) else None
