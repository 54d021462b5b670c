"""Waiting for what programs under test do in their own time."""

import asyncio
import inspect
from collections.abc import Callable

PATIENCE_S = 120.0
"""When a wait has been in vain. How long things take, benchmarks tell: here it may only end a test that hangs."""


async def until(condition: Callable[[], object], what: str, *, every: float = 0.01) -> None:
    """Return once the condition, a plain or an async one, holds; look `every` so many seconds.

    Raises AssertionError, naming what was awaited.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    while True:
        held = condition()
        if await held if inspect.isawaitable(held) else held:
            return
        assert loop.time() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(every)
