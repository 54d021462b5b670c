"""Demand of a thread for the processor."""

import os
import time
from contextlib import suppress
from pathlib import Path

SCHEDSTAT = Path("/proc/thread-self/schedstat")
"""Linux: ns on the processor, ns of waiting for a processor while ready to run, and the number of time slices."""


class ProcessorDemand:
    """Share of time that a thread ran, or was ready to run and waited for a processor.

    A share close to 1 means that the thread has more work than it gets processor time for. Load of other processes and
    limits of a container count as waiting. Systems other than Linux do not publish the wait, so only time on the
    processor counts there.
    """

    def __init__(self) -> None:
        self._file = -1
        self._at = self._used = 0.0

    def share(self) -> float:
        """Return the share since the previous call, from 0 to 1, and 0 at the first call. Call from one thread only.

        A call takes about 3 us.
        """
        at, used = time.perf_counter(), self._seconds()
        elapsed, demanded = at - self._at, used - self._used
        is_first, self._at, self._used = not self._at, at, used
        return 0.0 if is_first or elapsed <= 0 else min(1.0, demanded / elapsed)

    def _seconds(self) -> float:
        """Return the seconds in which the calling thread ran, or was ready to run and waited for a processor."""
        if self._file < 0:
            self._open()
        if self._file < 0:
            return time.thread_time()
        ran, waited, _ = os.pread(self._file, 100, 0).split()
        return (int(ran) + int(waited)) / 1e9

    def _open(self) -> None:
        # Open the file in the first call, because its content is about the thread that opens it.
        with suppress(OSError):
            self._file = os.open(SCHEDSTAT, os.O_RDONLY | os.O_CLOEXEC)
