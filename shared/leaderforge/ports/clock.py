"""The clock."""

from collections.abc import Callable

Clock = Callable[[], int]
"""Returns the time now."""
