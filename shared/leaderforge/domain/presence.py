"""Values that may be None or missing, although the caller requires them."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def required(value: T | None, absence: Exception) -> T:
    """Return the value. Raises `absence` if the value is None.

    Do not use this function in code that every request runs: the caller always constructs the error, raised or not.
    """
    if value is None:
        raise absence
    return value


def required_first(items: Sequence[T], absence: Exception) -> T:
    """Return the first item. Raises `absence` if there are no items."""
    if not items:
        raise absence
    return items[0]
