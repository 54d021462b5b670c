"""Waits for conditions that become true at an unknown time, such as the start of a program under test."""

import asyncio
import inspect
from collections.abc import Callable

PATIENCE_S = 120.0
"""Time limit of a wait, in s. It is long, because it only has to end tests that hang."""


async def until(condition: Callable[[], object], what: str, *, every: float = 0.01) -> None:
    """Return once the condition, synchronous or asynchronous, holds. Check it every `every` seconds.

    Raises AssertionError with `what`, the awaited condition as text, after `PATIENCE_S`.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    while True:
        held = condition()
        if await held if inspect.isawaitable(held) else held:
            return
        assert loop.time() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(every)
