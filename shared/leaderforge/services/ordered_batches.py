"""Concurrent batches whose outcomes are processed in order."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Generic, Self

from leaderforge.domain.batches import OutcomeT


class OrderedBatches(Generic[OutcomeT]):
    """Context in which up to `limit` batches are in flight. At the end, the context awaits all batches.

    `on_outcome` receives the outcomes in the order of the batches. After an exception of a batch or of `on_outcome`,
    the context awaits the batches in flight, and passes their outcomes to `on_outcome` too. A cancellation of the
    context cancels the batches.
    """

    def __init__(self, limit: int, on_outcome: Callable[[OutcomeT], None]) -> None:
        self._limit = limit
        self._on_outcome = on_outcome
        self._running: deque[asyncio.Task[OutcomeT]] = deque()

    async def below_limit(self) -> None:
        """Wait until fewer batches than the limit are in flight. Raises the exception of an earlier batch."""
        while len(self._running) >= self._limit:
            await self._await_first()

    async def start(self, work: Coroutine[Any, Any, OutcomeT]) -> None:
        """Start a batch once fewer batches than the limit are in flight. Raises the exception of an earlier batch."""
        try:
            await self.below_limit()
        except BaseException:
            work.close()
            raise
        self._running.append(asyncio.create_task(work))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None or isinstance(error, Exception):
                await self._await_all(failed=error is not None)
        finally:
            for batch in self._running:
                batch.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _await_all(self, *, failed: bool) -> None:
        """Await all batches. Raise the first exception, unless `failed`: an earlier exception then propagates."""
        first: Exception | None = None
        while self._running:
            try:
                await self._await_first()
            except Exception as error:
                first = first or error
        if first is not None and not failed:
            raise first

    async def _await_first(self) -> None:
        self._on_outcome(await self._running.popleft())
