"""State that a process keeps between invocations of AWS Lambda."""

import asyncio
import os
from collections.abc import Coroutine
from time import time
from typing import Any, TypeVar

from leaderforge.garbage import collect_seldom
from leaderforge.parts.cloud import read_settings
from leaderforge.wiring import Services, build

T = TypeVar("T")

PAUSE_S = 5.0
"""Pause in s after which connections are probed before the next invocation: networks silently drop idle connections."""

_TURNS = 4
"""Number of event loop iterations after which a closed connection has left its pool."""


class Runtime:
    """Event loop, and the services with their connections on it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._services: Services | None = None
        self._used_at = 0.0

    @property
    def idle(self) -> bool:
        """Return whether there is nothing to close: neither a loop nor services."""
        return self._loop is None and self._services is None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Event loop. Each use makes it the current loop, because other code may have unset the current loop."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        return self._loop

    @property
    def services(self) -> Services:
        """Services, opened on first use."""
        if self._services is None:
            services = build(read_settings(os.environ))
            self.loop.run_until_complete(services.open())
            collect_seldom()
            self._services = services
            self._used_at = time()
        return self._services

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the work of an invocation to completion on the loop, and return its result."""
        self.thaw()
        return self.loop.run_until_complete(work)

    def thaw(self) -> None:
        """Discard connections that were lost while the process was frozen.

        The loop detects only connections that the peer has closed. A probe detects connections that the network dropped
        silently.
        """
        self.loop.run_until_complete(_turns())
        # Read the wall clock, because the monotonic clock may stand still while the process is frozen.
        paused, self._used_at = time() - self._used_at, time()
        # If the clock went backwards, assume a long pause.
        if self._services is not None and not 0 <= paused < PAUSE_S:
            self.loop.run_until_complete(self._services.renew())

    def close(self) -> None:
        """Close the connections and the loop. The next use opens a new loop and new connections."""
        services, self._services = self._services, None
        loop, self._loop = self._loop, None
        if loop is not None:
            if services is not None:
                loop.run_until_complete(services.close())
            loop.close()
            asyncio.set_event_loop(None)


async def _turns() -> None:
    """Let the loop run the callbacks that are due."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


runtime = Runtime()
"""Runtime of this process, shared by all functions in it."""
