"""Concurrent processing of a stream."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

ItemT = TypeVar("ItemT")


async def for_each(
    items: AsyncGenerator[ItemT, None], work: Callable[[ItemT], Coroutine[Any, Any, None]], *, at_once: int = 3
) -> None:
    """Run `work` on every item, up to `at_once` concurrently. Read the next items meanwhile.

    Raises the first exception of the iteration or of the work, and cancels all work in flight. Closes `items`.
    """
    working: set[asyncio.Task[None]] = set()
    # Close the stream, because it occupies a connection of the store. Garbage collection would return it too late.
    async with aclosing(items):
        try:
            async for item in items:
                working.add(asyncio.create_task(work(item)))
                if len(working) >= at_once:
                    finished, working = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
                    await asyncio.gather(*finished)
            await asyncio.gather(*working)
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
