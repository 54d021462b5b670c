"""Grouping of items by a key."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import TypeVar

GroupT = TypeVar("GroupT", bound=Hashable)
T = TypeVar("T")


def grouped(pairs: Iterable[tuple[GroupT, T]]) -> dict[GroupT, list[T]]:
    """Return the second values of the pairs by the first values. Groups and their items keep the order of the pairs."""
    groups: defaultdict[GroupT, list[T]] = defaultdict(list)
    for key, item in pairs:
        groups[key].append(item)
    return dict(groups)
