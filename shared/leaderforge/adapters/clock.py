"""The clock of this machine."""

import time


def now_us() -> int:
    """Return the current time in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def now_ms() -> int:
    """Return the current time in ms since 1970 UTC."""
    return time.time_ns() // 1_000_000
