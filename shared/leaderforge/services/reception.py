"""Times at which a process receives submissions."""

from leaderforge.domain.timing import CLOCK_DIFFERENCE_MS
from leaderforge.ports.clock import Clock

_SETBACK_US = CLOCK_DIFFERENCE_MS * 1000
"""Largest setback of the underlying clock, in us, that `ReceptionClock` hides.

Hiding a larger setback would take too long.
"""


class ReceptionClock:
    """Clock of increasing times (us since 1970). The times order submissions with equal times by reception.

    If `clock` (us) is set back by up to `CLOCK_DIFFERENCE_MS`, the times advance by 1 us per call until `clock` has
    caught up. After a larger setback, the times follow `clock`.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def __call__(self) -> int:
        """Return the time of reception of the next submission."""
        now = self._clock()
        if 0 <= self._last - now <= _SETBACK_US:
            now = self._last + 1
        self._last = now
        return now
