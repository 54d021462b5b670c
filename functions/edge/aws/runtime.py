"""What lives from one invocation of AWS Lambda to the next."""

import asyncio
import os
from collections.abc import Coroutine
from time import time
from typing import Any, TypeVar

from leaderforge.garbage import collect_seldom
from leaderforge.wiring import Services, build, read_settings

T = TypeVar("T")

PAUSE_S = 5.0
"""How long nothing happens until connections are asked whether they are still there: the network forgets idle ones."""

_TURNS = 4


class Runtime:
    """One event loop, and the services with their connections on it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._services: Services | None = None
        self._used_at = 0.0

    @property
    def idle(self) -> bool:
        """Whether nothing has been opened yet."""
        return self._loop is None and self._services is None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, as the current one of this thread: who else ran a loop here may have left none behind."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        return self._loop

    @property
    def services(self) -> Services:
        """The services, opened once."""
        if self._services is None:
            services = build(read_settings(os.environ))
            self.loop.run_until_complete(services.open())
            collect_seldom()
            self._services = services
            self._used_at = time()
        return self._services

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to completion on the loop, as an invocation."""
        self.thaw()
        return self.loop.run_until_complete(work)

    def thaw(self) -> None:
        """See to it that no connection is used that was lost while this process was frozen.

        The loop notices those that were closed. Those that the network forgot are only noticed by asking.
        """
        self.loop.run_until_complete(_turns())
        paused, self._used_at = time() - self._used_at, time()
        # A clock that was set back tells nothing.
        if self._services is not None and not 0 <= paused < PAUSE_S:
            self.loop.run_until_complete(self._services.renew())

    def close(self) -> None:
        """Close the connections and the loop; the next use begins anew."""
        services, self._services = self._services, None
        loop, self._loop = self._loop, None
        if loop is not None:
            if services is not None:
                loop.run_until_complete(services.close())
            loop.close()
            asyncio.set_event_loop(None)


async def _turns() -> None:
    """Give way to what is waiting: to read the end of a connection, to hear of it, to tell the pool."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


runtime = Runtime()
"""One a process, whatever functions it holds."""
