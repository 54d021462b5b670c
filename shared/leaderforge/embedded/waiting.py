"""Waits for a condition instead of a fixed time."""

import time
from collections.abc import Callable

from leaderforge.embedded.errors import ServerFailed

Wait = Callable[[Callable[[], object], str], None]
"""Function that returns once the condition holds. The text names the condition in an error message."""


def wait_until(condition: Callable[[], object], seconds: float, subject: str, *, every: float = 0.02) -> None:
    """Check the condition every `every` seconds, and return once it holds. Raises `ServerFailed` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            raise ServerFailed(f"timed out after {seconds:g} s waiting for {subject}")
        time.sleep(every)
