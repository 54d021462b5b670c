"""Concurrent blocking calls in an event loop, and restarts of servers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from leaderforge.embedded.process import ServerProcess

_POLL_SECONDS = 0.2
_MAX_RESTARTS = 3
_RESTART_WINDOW_SECONDS = 60.0


async def in_thread(call: Callable[[], None], abort: Callable[[], None]) -> None:
    """Run a blocking call in a thread. On cancellation, call `abort` and wait for the call to end."""
    running = asyncio.create_task(asyncio.to_thread(call))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        abort()
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()
        raise


async def together(*calls: Awaitable[None]) -> None:
    """Await the calls concurrently. If one fails, cancel the others, await them and raise only the first error."""
    try:
        async with asyncio.TaskGroup() as group:
            for call in calls:
                group.create_task(_as_coroutine(call))
    except* Exception as errors:
        raise errors.exceptions[0] from None


@dataclass(frozen=True, slots=True)
class Watched:
    """Server process to keep running, with its restart and the abort of a restart."""

    process: ServerProcess
    restart: Callable[[], None]
    abort: Callable[[], None]


async def keep_up(watched: Watched, say: Callable[[str], None]) -> None:
    """Restart the server whenever it ends. Raises `ServerFailed` after more than `_MAX_RESTARTS` ends in the window."""
    process = watched.process
    times: list[float] = []
    while True:
        await asyncio.sleep(_POLL_SECONDS)
        if process.alive:
            continue
        now = asyncio.get_running_loop().time()
        times = [*(time for time in times if now - time < _RESTART_WINDOW_SECONDS), now]
        if len(times) > _MAX_RESTARTS:
            process.check()
        say(f"{process.name} ended unexpectedly and is restarting")
        await in_thread(watched.restart, watched.abort)


async def _as_coroutine(call: Awaitable[None]) -> None:
    await call
