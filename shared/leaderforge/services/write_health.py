"""Health of the store for writes, by the results of this process's own writes."""

from collections.abc import Callable
from time import monotonic

_REMEMBERED_S = 60.0
"""Time in s for which a refused write counts. Otherwise, it would count until a later write, which may never come."""


class WriteHealth:
    """Result of the last write. A refused write counts for `_REMEMBERED_S` seconds, or until a write succeeds."""

    def __init__(self, clock_s: Callable[[], float] = monotonic) -> None:
        self._clock_s = clock_s
        self._refused_at: float | None = None

    @property
    def is_well(self) -> bool:
        """Return False after a refused write, for `_REMEMBERED_S` seconds or until a write succeeds, else True."""
        return self._refused_at is None or self._clock_s() - self._refused_at > _REMEMBERED_S

    def note(self, *, accepted: bool) -> None:
        """Store the result of a write."""
        self._refused_at = None if accepted else self._clock_s()
