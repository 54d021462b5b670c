"""Clock."""

from collections.abc import Callable

Clock = Callable[[], int]
"""Returns the current time, in ms since 1970 UTC unless its user says otherwise."""
