"""Taking many a few at a time."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def chunks(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Return the items in order, `size` at a time and at last what is left."""
    return [items[start : start + size] for start in range(0, len(items), size)]
