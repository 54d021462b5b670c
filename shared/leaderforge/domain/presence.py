"""Values that may be None or missing, although the caller requires them."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def required(value: T | None, absence: Exception) -> T:
    """Return the value. Raises `absence` if it is None.

    Do not use this in code that every request runs: the caller constructs the error even if it is not raised.
    """
    if value is None:
        raise absence
    return value


def required_first(items: Sequence[T], absence: Exception) -> T:
    """Return the first item. Raises `absence` if there are no items."""
    if not items:
        raise absence
    return items[0]
