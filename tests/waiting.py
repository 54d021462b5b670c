"""Waits for conditions that programs under test fulfil at an unknown time."""

import asyncio
import inspect
from collections.abc import Callable

PATIENCE_S = 120.0
"""Time limit of a wait, in s. It only ends a test that hangs: benchmarks measure durations."""


async def until(condition: Callable[[], object], what: str, *, every: float = 0.01) -> None:
    """Return once the condition holds. It may be synchronous or asynchronous, and is checked every `every` seconds.

    Raises AssertionError with the awaited condition.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    while True:
        held = condition()
        if await held if inspect.isawaitable(held) else held:
            return
        assert loop.time() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(every)
