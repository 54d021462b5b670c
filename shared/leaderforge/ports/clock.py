"""Clock."""

from collections.abc import Callable

Clock = Callable[[], int]
"""Function that returns the current time: in ms since 1970 UTC, unless the name of the clock has another unit."""
