"""Limit of log lines that clients can cause."""

from collections.abc import Callable, Hashable
from time import monotonic


class LogBudget:
    """Budget of log lines: `lines` of each kind in a window of `window_s` seconds. Further lines are only counted.

    There must be few kinds, because their counts stay in memory.
    """

    def __init__(self, lines: int = 10, window_s: float = 10.0, clock: Callable[[], float] = monotonic) -> None:
        self._lines = lines
        self._window_s = window_s
        self._clock = clock
        self._windows: dict[Hashable, tuple[float, int]] = {}
        """By kind of line, the start of the window in s and the number of lines in the window, written or not."""

    def admit(self, kind: Hashable) -> int | None:
        """Count a line. Return None if the line must not be written, otherwise the number of omitted earlier lines."""
        now = self._clock()
        start, count = self._windows.get(kind, (now, 0))
        if now - start >= self._window_s:
            self._windows[kind] = now, 1
            return max(0, count - self._lines)
        self._windows[kind] = start, count + 1
        return 0 if count < self._lines else None
