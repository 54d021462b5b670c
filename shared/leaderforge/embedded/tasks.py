"""Concurrent blocking calls in an event loop, and restarts of servers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from leaderforge.embedded.process import ServerProcess

Say = Callable[[str], None]
"""Function that shows a message to the user."""

_POLL_SECONDS = 0.2
_STEADY_SECONDS = 30.0
"""Time in s after which a server counts as steady. Its next restart then needs no pause."""
_LONGEST_PAUSE_SECONDS = 30.0


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


class Backoff:
    """Pauses between the attempts to start one server: 1 s, then twice as long each time, up to a limit."""

    def __init__(self, longest_seconds: float = _LONGEST_PAUSE_SECONDS) -> None:
        self._longest = longest_seconds
        self._seconds = 0.0
        self._attempt_at = 0.0

    async def pause(self) -> None:
        """Sleep before an attempt."""
        await asyncio.sleep(self.next_pause(asyncio.get_running_loop().time()))

    def next_pause(self, now: float) -> float:
        """Return the pause (s) before the next attempt: 0 if the last attempt was at least `_STEADY_SECONDS` ago."""
        seconds = self._seconds if now - self._attempt_at < _STEADY_SECONDS else 0.0
        self._attempt_at = now + seconds
        self._seconds = min(max(1.0, 2 * seconds), self._longest)
        return seconds


@dataclass(frozen=True, slots=True)
class RestartedServer:
    """Server process to keep running, with the functions that restart it and abort a restart."""

    process: ServerProcess
    restart: Callable[[], None]
    abort: Callable[[], None]


async def keep_up(server: RestartedServer, say: Say) -> None:
    """Restart the server whenever it ends, with growing pauses, until cancelled. Rotate its log."""
    process, backoff = server.process, Backoff()
    while True:
        await asyncio.sleep(_POLL_SECONDS)
        process.rotate_log()
        if process.alive:
            continue
        say(f"{process.name} ended unexpectedly and is restarting")
        await backoff.pause()
        await attempt(f"{process.name} does not start", in_thread(server.restart, server.abort), say)


async def attempt(failure: str, action: Awaitable[None], say: Say) -> bool:
    """Await the action and return whether it succeeded. Show an error instead of raising it: other tasks must go on."""
    try:
        await action
    except Exception as error:
        say(f"{failure}: {error}")
        return False
    return True


async def _as_coroutine(call: Awaitable[None]) -> None:
    await call
