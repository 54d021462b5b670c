"""Waiting for a condition, never for a fixed time."""

import time
from collections.abc import Callable

from leaderforge.embedded.errors import ServerFailed


def wait_until(condition: Callable[[], object], seconds: float, what: str, *, every: float = 0.02) -> None:
    """Return once the condition holds. Raises `ServerFailed`, naming what was awaited, when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            raise ServerFailed(f"waited {seconds:g} s in vain for {what}")
        time.sleep(every)
