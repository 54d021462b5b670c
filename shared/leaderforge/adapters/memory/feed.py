"""The change feed's twin."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from weakref import WeakSet

from leaderforge.domain.changes import Heard, LadderChange
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.ports.clock import Clock

_CONFIRM_S = 0.25


class MemoryChannel:
    """What feeds hear one another through. While it is `broken`, they cannot."""

    def __init__(self) -> None:
        self.broken = False
        self.queues: WeakSet[asyncio.Queue[tuple[object, Heard] | None]] = WeakSet()

    def break_off(self) -> None:
        """Lose all who listen, until `broken` is false again."""
        self.broken = True
        for queue in self.queues:
            queue.put_nowait(None)


class MemoryFeed:
    """`ChangeFeed` within a process."""

    def __init__(self, channel: MemoryChannel) -> None:
        self._channel = channel

    async def announce(self, changes: Sequence[LadderChange]) -> None:
        self._require_whole()
        for queue in self._channel.queues:
            queue.put_nowait((self, Heard(changes)))

    async def hear(self, clock: Clock) -> AsyncGenerator[Heard, None]:
        self._require_whole()
        queue: asyncio.Queue[tuple[object, Heard] | None] = asyncio.Queue()
        self._channel.queues.add(queue)
        try:
            yield Heard(until=clock())
            while True:
                heard = await self._next(queue, clock)
                if heard is not None:
                    yield heard
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
        by, heard = item
        return None if by is self else heard

    def _require_whole(self) -> None:
        if self._channel.broken:
            raise IndexUnavailable("the change feed is out of reach")
