"""Batching of concurrent calls."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from leaderforge.domain.errors import Overloaded

Item = TypeVar("Item")
Result = TypeVar("Result")

Run = Callable[[Sequence[Item]], Awaitable[Sequence[Result]]]

BATCH = 32
"""What is worth a round trip: larger batches cost hardly less an item, and leave less to do while under way."""
STAGGER_S = 0.02
"""Some commits' time: what is held up for longer waits for a lock or a disk."""


class Coalescer(Generic[Item, Result]):
    """Runs concurrent calls together: while batches are in flight new calls queue, and leave as the next batch.

    An idle coalescer runs a call at once, and under load batches grow by themselves. While one is in flight, the next
    leaves when that lands, when it is full or `stagger_s` seconds after it: batches that follow each other closely are
    small, and small ones cost the most an item, but one that is held up must not hold up the others. `run` returns one
    result an item, in order; what it raises reaches every caller of that batch. Callers that wait longer than
    `time_limit_s` seconds, or find `max_waiting` others before them, get `Overloaded`.
    """

    def __init__(
        self,
        run: Run[Item, Result],
        *,
        max_batch: int = 256,
        max_in_flight: int = 2,
        stagger_s: float = 0.0,
        max_waiting: int = 10_000,
        time_limit_s: float = 10.0,
    ) -> None:
        self._run = run
        self._max_batch = max_batch
        self._max_in_flight = max_in_flight
        self._stagger_s = stagger_s
        self._max_waiting = max_waiting
        self._time_limit_s = time_limit_s
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._scheduled = False
        self._next_at = 0.0
        self._overdue: asyncio.TimerHandle | None = None
        self._limited: deque[tuple[float, asyncio.Future[Result]]] = deque()
        self._limit: asyncio.TimerHandle | None = None

    async def __call__(self, item: Item) -> Result:
        """Return the result for this item."""
        if len(self._waiting) >= self._max_waiting:
            raise Overloaded("too many requests are waiting; try again shortly")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, future))
        if not self._scheduled:
            # Calls that arrive in the same turn of the loop leave together.
            self._scheduled = True
            loop.call_soon(self._dispatch)
        self._limit_time_of(future, loop)
        return await future

    def _limit_time_of(self, future: asyncio.Future[Result], loop: asyncio.AbstractEventLoop) -> None:
        """Have the call expire in time. All have the same limit, so that one timer, for the oldest, does."""
        while self._limited and self._limited[0][1].done():
            self._limited.popleft()
        self._limited.append((loop.time() + self._time_limit_s, future))
        if self._limit is None:
            self._limit = loop.call_later(self._time_limit_s, self._expire)

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        self._limit = None
        while self._limited and (self._limited[0][0] <= loop.time() or self._limited[0][1].done()):
            _, future = self._limited.popleft()
            if not future.done():
                future.set_exception(Overloaded(f"the request was not served within {self._time_limit_s:g} s"))
        if self._limited:
            self._limit = loop.call_at(self._limited[0][0], self._expire)

    def _dispatch(self) -> None:
        self._scheduled = False
        loop = asyncio.get_running_loop()
        while self._waiting and self._may_leave(loop.time()):
            batch = [self._waiting.popleft() for _ in range(min(self._max_batch, len(self._waiting)))]
            # Whoever gave up waiting must not be served behind their back.
            batch = [(item, future) for item, future in batch if not future.done()]
            if batch:
                task = loop.create_task(self._serve(batch))
                self._in_flight.add(task)
                task.add_done_callback(self._landed)
                self._next_at = loop.time() + self._stagger_s
        if self._waiting and len(self._in_flight) < self._max_in_flight and self._overdue is None:
            self._overdue = loop.call_at(self._next_at, self._dispatch_overdue)

    def _may_leave(self, now: float) -> bool:
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

    async def _serve(self, batch: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._run([item for item, _ in batch])
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)
        except asyncio.CancelledError:
            for _, future in batch:
                future.cancel()
            raise
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
