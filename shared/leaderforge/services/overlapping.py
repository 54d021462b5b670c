"""Concurrent processing of a stream."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

InputT = TypeVar("InputT")
OutputT = TypeVar("OutputT")


async def for_each(
    items: AsyncGenerator[InputT, None], work: Callable[[InputT], Coroutine[Any, Any, None]], *, at_once: int = 3
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


async def in_order(
    items: AsyncGenerator[InputT, None], work: Callable[[InputT], Coroutine[Any, Any, OutputT]], *, at_once: int = 3
) -> AsyncGenerator[OutputT, None]:
    """Yield the results of `work` in the order of the items, with up to `at_once` calls in flight.

    A call whose result the caller has not received yet counts as in flight. Raises the first exception of the iteration
    or of the work. Calls are never cancelled, and have ended when the generator ends. Closes `items`.
    """
    working: deque[asyncio.Task[OutputT]] = deque()
    upcoming: asyncio.Task[InputT | None] | None = asyncio.create_task(_next(items))
    try:
        while upcoming is not None or working:
            is_full = len(working) >= at_once
            awaited = {*([working[0]] if working else ()), *(() if upcoming is None or is_full else [upcoming])}
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if working and working[0].done():
                yield working.popleft().result()
            elif upcoming is not None and upcoming.done():
                item = upcoming.result()
                upcoming = None if item is None else asyncio.create_task(_next(items))
                if item is not None:
                    working.append(asyncio.create_task(work(item)))
    finally:
        if upcoming is not None:
            upcoming.cancel()
        await asyncio.gather(*([] if upcoming is None else [upcoming]), *working, return_exceptions=True)
        await items.aclose()


async def _next(items: AsyncGenerator[InputT, None]) -> InputT | None:
    """Return the next item, None at the end."""
    return await anext(items, None)
