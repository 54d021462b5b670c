"""Working on what is read while more of it is being read."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

Item = TypeVar("Item")


async def for_each(
    items: AsyncIterator[Item], work: Callable[[Item], Coroutine[Any, Any, None]], *, at_once: int = 3
) -> None:
    """Do the work on every item, on so many at once while the next is read.

    Raises what reading or working raises first, and then leaves the rest undone.
    """
    working: set[asyncio.Task[None]] = set()
    try:
        async for item in items:
            working.add(asyncio.create_task(work(item)))
            if len(working) >= at_once:
                done, working = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.gather(*done)
        await asyncio.gather(*working)
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
