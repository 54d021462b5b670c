"""What lives from one invocation of AWS Lambda to the next."""

import asyncio
import os
from collections.abc import Coroutine
from typing import Any, TypeVar

from leaderforge.config import Settings
from leaderforge.wiring import Services, build

T = TypeVar("T")


class Runtime:
    """One event loop, and the services with their connections on it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._services: Services | None = None

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
            services = build(Settings.from_environment(os.environ))
            self.loop.run_until_complete(services.open())
            self._services = services
        return self._services

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to completion on the loop."""
        return self.loop.run_until_complete(work)

    def close(self) -> None:
        """Close the connections and the loop; the next use begins anew."""
        services, self._services = self._services, None
        loop, self._loop = self._loop, None
        if loop is not None:
            if services is not None:
                loop.run_until_complete(services.close())
            loop.close()
            asyncio.set_event_loop(None)


runtime = Runtime()
"""One a process, whatever functions it holds."""
