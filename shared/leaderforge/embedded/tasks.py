"""Running blocking calls side by side in an event loop, and keeping servers up."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from leaderforge.embedded.process import ServerProcess

_LOOK_EVERY = 0.2
_MAX_RESTARTS = 3
_FORGET_RESTARTS_AFTER = 60.0


async def in_thread(call: Callable[[], None], abort: Callable[[], None]) -> None:
    """Run a blocking call in a thread. Cancelling calls `abort` and waits for the call to end, however it does."""
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
    """Await all; when one fails, cancel the others, wait for them and raise its error alone."""
    try:
        async with asyncio.TaskGroup() as group:
            for call in calls:
                group.create_task(_as_coroutine(call))
    except* Exception as errors:
        raise errors.exceptions[0] from None


@dataclass(frozen=True, slots=True)
class Watched:
    """A process that has to live, how to start it again, and how to give that up."""

    process: ServerProcess
    restart: Callable[[], None]
    abort: Callable[[], None]


async def keep_up(watched: Watched, say: Callable[[str], None]) -> None:
    """Start it again whenever it ends. Raises `ServerFailed` when it ends too often."""
    process = watched.process
    times: list[float] = []
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        if process.alive:
            continue
        now = asyncio.get_running_loop().time()
        times = [*(time for time in times if now - time < _FORGET_RESTARTS_AFTER), now]
        if len(times) > _MAX_RESTARTS:
            process.check()
        say(f"{process.name} ended unexpectedly and is started again")
        await in_thread(watched.restart, watched.abort)


async def _as_coroutine(call: Awaitable[None]) -> None:
    await call
