"""Concurrent batches whose outcomes are processed in order."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Hashable, Set
from types import TracebackType
from typing import Any, Generic, NamedTuple, Self, TypeVar

OutcomeT = TypeVar("OutcomeT")


class _Running(NamedTuple, Generic[OutcomeT]):
    """Batch in flight, and its keys. With None, no other batch runs beside it."""

    task: "asyncio.Task[OutcomeT]"
    keys: Set[Hashable] | None


class OrderedBatches(Generic[OutcomeT]):
    """Context in which up to `limit` batches are in flight. Leaving it awaits all of them.

    `on_outcome` receives the outcomes in the order of the batches. After an exception, of a batch or of `on_outcome`,
    the context awaits the batches in flight, and passes on their outcomes too. A cancellation cancels them.
    """

    def __init__(self, limit: int, on_outcome: Callable[[OutcomeT], None]) -> None:
        self._limit = limit
        self._on_outcome = on_outcome
        self._running: deque[_Running[OutcomeT]] = deque()

    async def below_limit(self) -> None:
        """Wait until fewer batches than the limit are in flight. Raises the exception of an earlier batch."""
        while len(self._running) >= self._limit:
            await self._await_first()

    async def start(self, work: Coroutine[Any, Any, OutcomeT], keys: Set[Hashable] | None) -> None:
        """Start a batch once no batch in flight has one of its keys. With None, no other batch runs beside it.

        Raises the exception of an earlier batch.
        """
        try:
            while not self._may_start(keys):
                await self._await_first()
        except BaseException:
            work.close()
            raise
        self._running.append(_Running(asyncio.create_task(work), keys))

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
                batch.task.cancel()
            await asyncio.gather(*(batch.task for batch in self._running), return_exceptions=True)

    def _may_start(self, keys: Set[Hashable] | None) -> bool:
        if not self._running:
            return True
        if keys is None or len(self._running) >= self._limit:
            return False
        return all(batch.keys is not None and keys.isdisjoint(batch.keys) for batch in self._running)

    async def _await_all(self, *, failed: bool) -> None:
        """Await all batches. Raise the first exception, unless an earlier one has `failed` already."""
        first: Exception | None = None
        while self._running:
            try:
                await self._await_first()
            except Exception as error:
                first = first or error
        if first is not None and not failed:
            raise first

    async def _await_first(self) -> None:
        self._on_outcome(await self._running.popleft().task)
