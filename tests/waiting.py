"""Waits for conditions that programs under test fulfil at an unknown time."""

import asyncio
import inspect
from collections.abc import Callable

PATIENCE_S = 120.0
"""Time limit of a wait, in s. It is long, because it must only end tests that hang."""


async def until(condition: Callable[[], object], what: str, *, every: float = 0.01) -> None:
    """Return once the condition holds. It may be synchronous or asynchronous, and is checked every `every` seconds.

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
