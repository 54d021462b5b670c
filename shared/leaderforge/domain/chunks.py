"""Splitting of sequences."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def chunks(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Return the items in order, split into sequences of `size`. The last sequence may be shorter."""
    return [items[start : start + size] for start in range(0, len(items), size)]
