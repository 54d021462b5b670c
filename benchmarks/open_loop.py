"""Open loop: requests at fixed times, whether or not earlier ones have been answered.

A closed loop sends fewer requests while the server is slow. Its latencies therefore omit waits that the server caused
(coordinated omission). Here request i is due at i / rate seconds, and its latency counts from its due time. The latency
includes the wait for a free connection and delays of this process.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from leaderforge.torture.wire import Wire

Request = tuple[str, bytes]
"""Kind of a request, and its bytes."""

GRACE_S = 30.0
"""Time limit in s for outstanding requests after the last due time."""


@dataclass(slots=True)
class Outcome:
    """Results of requests: seconds from the due time to the response, by kind, and the statuses."""

    taken: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    elapsed_s: float = 0.0

    @property
    def per_second(self) -> float:
        """Return the answered requests per second."""
        return sum(self.statuses.values()) / self.elapsed_s

    def note(self, kind: str, status: int, seconds: float) -> None:
        self.taken[kind].append(seconds)
        self.statuses[status] += 1


def _never() -> bool:
    return False


async def open_loop(
    url: str,
    next_request: Callable[[], Request],
    rate: float,
    seconds: float,
    wires: int,
    is_over: Callable[[], bool] = _never,
) -> Outcome:
    """Send requests at this rate over `wires` connections, and return the results once all are answered.

    Sends requests for `seconds`, or until `is_over` returns true. Raises `TimeoutError` if some are not answered in
    time.
    """
    outcome = Outcome()
    free: asyncio.Queue[Wire] = asyncio.Queue()
    for _ in range(wires):
        free.put_nowait(await Wire.to(url))

    async def send(due: float) -> None:
        kind, request = next_request()
        wire = await free.get()
        if wire.closed:  # the server closes connections that are idle for some seconds
            wire = await Wire.to(url)
        status = await wire.ask(request)
        outcome.note(kind, status, time.perf_counter() - due)
        free.put_nowait(wire)

    began = time.perf_counter()
    async with asyncio.timeout(seconds + GRACE_S), asyncio.TaskGroup() as sending:
        for number in range(int(rate * seconds)):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if is_over():
                break
            sending.create_task(send(due))
    outcome.elapsed_s = time.perf_counter() - began
    while not free.empty():
        free.get_nowait().close()
    return outcome


async def busy_loop(url: str, next_request: Callable[[], Request], seconds: float, wires: int) -> Outcome:
    """Keep `wires` connections busy: each sends its next request after a response.

    This measures the server's maximum.
    """
    outcome = Outcome()
    began = time.perf_counter()
    until = began + seconds

    async def keep_busy(wire: Wire) -> None:
        while (sent := time.perf_counter()) < until:
            kind, request = next_request()
            outcome.note(kind, await wire.ask(request), time.perf_counter() - sent)
            if wire.closed:
                wire = await Wire.to(url)
        wire.close()

    await asyncio.gather(*[keep_busy(await Wire.to(url)) for _ in range(wires)])
    outcome.elapsed_s = time.perf_counter() - began
    return outcome
