"""Whether the store accepts writes, as far as this process has seen."""

from collections.abc import Callable
from time import monotonic

_REMEMBERED_S = 60.0
"""Time in s for which a refused write counts. Without later writes, nobody knows whether the next one is accepted."""


class WriteHealth:
    """Result of the last write. It counts as refused for `_REMEMBERED_S`, or until a write succeeds."""

    def __init__(self, clock_s: Callable[[], float] = monotonic) -> None:
        self._clock_s = clock_s
        self._refused_at: float | None = None

    @property
    def is_well(self) -> bool:
        """Return whether no write was refused recently, or a later one succeeded."""
        return self._refused_at is None or self._clock_s() - self._refused_at > _REMEMBERED_S

    def note(self, *, accepted: bool) -> None:
        """Note the result of a write."""
        self._refused_at = None if accepted else self._clock_s()
