"""Batching of concurrent calls."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from leaderforge.domain.errors import Overloaded
from leaderforge.ports.tracing import Tracer

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Continued(NamedTuple, Generic[ItemT]):
    """Result of a call that has not finished. The call joins the next batch, now with this item."""

    item: ItemT


Run = Callable[[Sequence[ItemT]], Awaitable[Sequence[ResultT]]]
"""Function that processes a batch. It returns one result per item, in order: `Continued` for an unfinished item."""

_Call: TypeAlias = tuple[ItemT, asyncio.Future[ResultT], Any]
"""Item of a call, the future of its result, and the tracer's reference to the caller."""

BATCH = 32
"""Batch size, at which a round trip is cheap per item. Larger batches gain little, and fewer batches overlap."""
STAGGER_S = 0.02
"""Time in s after which a batch starts although another batch is in flight: the duration of a few commits.

A batch that takes longer is probably waiting for a lock or a disk.
"""


class BatchTrace(NamedTuple):
    """Tracer of the batches of a coalescer, and the name of the batches in traces."""

    tracer: Tracer
    name: str


def batch_trace(tracer: Tracer | None, name: str) -> BatchTrace | None:
    """Return the trace of batches with this name, None without a tracer."""
    return None if tracer is None else BatchTrace(tracer, name)


class Coalescer(Generic[ItemT, ResultT]):
    """Batching of concurrent calls. While batches are in flight, new calls queue for the next batch.

    An idle coalescer runs a call at once. While a batch is in flight, the next batch starts when that batch ends, when
    the next batch is full, or after `stagger_s` seconds. This delay collects calls, because small batches cost the most
    per item. The delay is limited, because one slow batch must not block later batches.

    `run` returns one result per item, in order. A result of type `Continued` adds the call to the next batch. An
    exception of `run` reaches every caller of the batch. A call raises `Overloaded` after `time_limit_s` seconds, or if
    `max_waiting` calls are queued.
    """

    def __init__(
        self,
        run: Run[ItemT, ResultT],
        *,
        max_batch: int = 256,
        max_in_flight: int = 2,
        stagger_s: float = 0.0,
        max_waiting: int = 10_000,
        time_limit_s: float = 10.0,
        trace: BatchTrace | None = None,
    ) -> None:
        self._run = run
        self._max_batch = max_batch
        self._max_in_flight = max_in_flight
        self._stagger_s = stagger_s
        self._max_waiting = max_waiting
        self._time_limit_s = time_limit_s
        self._trace = trace
        self._waiting: deque[_Call[ItemT, ResultT]] = deque()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._scheduled = False
        self._next_at = 0.0
        self._overdue: asyncio.TimerHandle | None = None
        self._limited: deque[tuple[float, asyncio.Future[ResultT]]] = deque()
        self._limit: asyncio.TimerHandle | None = None

    async def __call__(self, item: ItemT) -> ResultT:
        """Return the result for the item. Raises `Overloaded`."""
        # Fail at once under overload, because most calls would time out in a long queue anyway.
        if len(self._waiting) >= self._max_waiting:
            raise Overloaded(f"{self._max_waiting} requests are waiting already; try again shortly")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[ResultT] = loop.create_future()
        self._waiting.append((item, future, None if self._trace is None else self._trace.tracer.caller()))
        if not self._scheduled:
            # Dispatch at the end of this loop iteration, so that all calls of the iteration join one batch.
            self._scheduled = True
            loop.call_soon(self._dispatch)
        self._limit_time_of(future, loop)
        return await future

    def _limit_time_of(self, future: asyncio.Future[ResultT], loop: asyncio.AbstractEventLoop) -> None:
        """Schedule the call's timeout. As all calls have equal limits, one timer for the oldest call suffices."""
        while self._limited and self._limited[0][1].done():
            self._limited.popleft()
        self._limited.append((loop.time() + self._time_limit_s, future))
        if self._limit is None:
            self._limit = loop.call_later(self._time_limit_s, self._expire)

    def _expire(self) -> None:
        """Fail all calls past their time limit, and schedule the next timeout."""
        loop = asyncio.get_running_loop()
        self._limit = None
        while self._limited and (self._limited[0][0] <= loop.time() or self._limited[0][1].done()):
            _, future = self._limited.popleft()
            if not future.done():
                future.set_exception(
                    Overloaded(f"the request was not served within {self._time_limit_s:g} s; try again shortly")
                )
        if self._limited:
            self._limit = loop.call_at(self._limited[0][0], self._expire)

    def _dispatch(self) -> None:
        """Start batches while the limits allow, and schedule the next start."""
        self._scheduled = False
        loop = asyncio.get_running_loop()
        while self._waiting and self._may_leave(loop.time()):
            batch = [self._waiting.popleft() for _ in range(min(self._max_batch, len(self._waiting)))]
            # Skip calls that have timed out or were cancelled, because such a request must not take effect.
            batch = [call for call in batch if not call[1].done()]
            if batch:
                task = loop.create_task(self._serve(batch))
                self._in_flight.add(task)
                task.add_done_callback(self._landed)
                self._next_at = loop.time() + self._stagger_s
        if self._waiting and len(self._in_flight) < self._max_in_flight and self._overdue is None:
            # One timer suffices, because `_dispatch` sets it again while calls wait.
            self._overdue = loop.call_at(self._next_at, self._dispatch_overdue)

    def _may_leave(self, now: float) -> bool:
        """Return whether a batch may start at `now` (s, the loop's clock)."""
        if not self._in_flight:
            return True
        ready = len(self._waiting) >= self._max_batch or now >= self._next_at
        return ready and len(self._in_flight) < self._max_in_flight

    def _dispatch_overdue(self) -> None:
        self._overdue = None
        self._dispatch()

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        self._dispatch()

    async def _serve(self, batch: Sequence[_Call[ItemT, ResultT]]) -> None:
        try:
            with self._traced(batch):
                results = await self._run([item for item, _, _ in batch])
            self._settle(batch, results)
        except asyncio.CancelledError:
            for _, future, _ in batch:
                # Shutdown cancels the batch. Cancel its calls too, because the calls would otherwise wait until their
                # time limit.
                future.cancel()
            raise
        except Exception as error:
            for _, future, _ in batch:
                if not future.done():
                    future.set_exception(error)

    def _settle(self, batch: Sequence[_Call[ItemT, ResultT]], results: Sequence[ResultT]) -> None:
        """Set the results of finished calls. Queue unfinished calls before new calls: older calls must finish first."""
        continued: list[_Call[ItemT, ResultT]] = []
        for (_, future, caller), result in zip(batch, results, strict=True):
            if isinstance(result, Continued):
                continued.append((result.item, future, caller))
            elif not future.done():
                future.set_result(result)
        self._waiting.extendleft(reversed(continued))

    def _traced(self, batch: Sequence[_Call[ItemT, ResultT]]) -> AbstractContextManager[None]:
        if self._trace is None:
            return nullcontext()
        return self._trace.tracer.batch(self._trace.name, [caller for _, _, caller in batch])
