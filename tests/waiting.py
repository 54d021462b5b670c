"""Waits for conditions that become true at an unknown time, such as the start of a program under test."""

import asyncio
import inspect
from collections.abc import Callable

PATIENCE_S = 120.0
"""Time limit of a wait, in s. It is long, because it only has to end tests that hang."""

_LONGEST_PAUSE_S = 1.0
"""Upper bound in s of the pause between two checks, unless a wait has a longer one from its start."""


async def until(condition: Callable[[], object], what: str, *, every: float = 0.01) -> None:
    """Return once the condition, synchronous or asynchronous, holds. At first, check it every `every` seconds.

    A check often costs a request or a connection. Therefore check less often in a long wait, such that the wait takes
    at most 5 % longer.

    Raises AssertionError with `what`, the awaited condition as text, after `PATIENCE_S`.
    """
    loop = asyncio.get_running_loop()
    begin = loop.time()
    while True:
        held = condition()
        if await held if inspect.isawaitable(held) else held:
            return
        elapsed = loop.time() - begin
        assert elapsed < PATIENCE_S, f"waited in vain for {what}"
        await asyncio.sleep(max(every, min(elapsed / 20, _LONGEST_PAUSE_S)))
