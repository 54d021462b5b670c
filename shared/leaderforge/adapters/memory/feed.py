"""In-memory change feed."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from weakref import WeakSet

from leaderforge.domain.changes import Heard, LadderChange
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.ports.clock import Clock

_CONFIRM_S = 0.25
"""Interval, in seconds, at which an idle feed confirms that it missed nothing."""


class MemoryChannel:
    """Channel that connects the feeds of several processes. While it is `broken`, calls raise `IndexUnavailable`."""

    def __init__(self) -> None:
        self.broken = False
        self.queues: WeakSet[asyncio.Queue[tuple[object, Heard] | None]] = WeakSet()

    def break_off(self) -> None:
        """Disconnect all listeners, and refuse new listeners until `broken` is reset."""
        self.broken = True
        for queue in self.queues:
            queue.put_nowait(None)


class MemoryFeed:
    """`ChangeFeed` over a `MemoryChannel`."""

    def __init__(self, channel: MemoryChannel) -> None:
        self._channel = channel

    async def announce(self, changes: Sequence[LadderChange], identities: Sequence[int | str] = ()) -> None:
        self._require_whole()
        for queue in self._channel.queues:
            queue.put_nowait((self, Heard(changes, identities=identities)))

    async def hear(self, clock: Clock) -> AsyncGenerator[Heard, None]:
        self._require_whole()
        queue: asyncio.Queue[tuple[object, Heard] | None] = asyncio.Queue()
        self._channel.queues.add(queue)
        try:
            yield Heard(until=clock())
            while True:
                message = await self._next(queue, clock)
                if message is not None:
                    yield message
        finally:
            self._channel.queues.discard(queue)

    async def _next(self, queue: "asyncio.Queue[tuple[object, Heard] | None]", clock: Clock) -> Heard | None:
        try:
            async with asyncio.timeout(_CONFIRM_S):
                item = await queue.get()
        except TimeoutError:
            return Heard(until=clock())
        if item is None:
            raise IndexUnavailable("the change feed broke off")
        sender, message = item
        # As in the Redis feed, a process does not receive its own changes.
        return None if sender is self else message

    def _require_whole(self) -> None:
        if self._channel.broken:
            raise IndexUnavailable("the change feed is unavailable")
