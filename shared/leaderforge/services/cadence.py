"""Pauses between the runs of a job."""

from time import monotonic


class Cadence:
    """Schedule of a job in one process: the job is due at once, and then at the earliest `every_s` seconds later."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._due_at = 0.0

    def is_due(self) -> bool:
        """Return whether the pause is over."""
        return monotonic() >= self._due_at

    def pause(self) -> None:
        """Begin a pause now."""
        self._due_at = monotonic() + self._every_s

    def begin(self) -> bool:
        """Return whether the job is due. If it is, begin the next pause now, even if the run will fail."""
        if not self.is_due():
            return False
        self.pause()
        return True
