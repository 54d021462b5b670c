"""Times at which a process receives submissions."""

from leaderforge.domain.timing import CLOCK_DIFFERENCE_MS
from leaderforge.ports.clock import Clock

_SETBACK_US = CLOCK_DIFFERENCE_MS * 1000
"""Largest setback of the clock that this clock hides. After a larger one, its times would be wrong for too long."""


class ReceptionClock:
    """Clock whose times (us since 1970) are strictly increasing, also within a batch.

    They decide between submissions of equal times: the later one in the process counts as later. If `clock` (us) is set
    back by up to `CLOCK_DIFFERENCE_MS`, this clock goes on slowly until the other has caught up. It follows a larger
    setback.
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
