"""Closed loop: callers within one process. Each calls again as soon as its call returns."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Latency:
    """Latencies in ms: the median, and the 95th and the 99th percentile."""

    p50_ms: float
    p95_ms: float
    p99_ms: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency":
        """Return the latencies of calls from their durations in s. There is at least one call."""
        ordered = sorted(seconds)
        return cls(*(round(ordered[int(share * (len(ordered) - 1))] * 1000, 2) for share in (0.5, 0.95, 0.99)))


@dataclass(frozen=True, slots=True)
class Measured:
    """Results of the callers. `processor_s` is the processor time of this process, including the callers."""

    calls: int
    per_second: float
    latency: Latency
    processor_s: float

    def row(self) -> dict[str, float]:
        """Return the figures for a table."""
        return {"per_second": round(self.per_second), **asdict(self.latency)}


async def closed_loop(call: Callable[[], Awaitable[object]], callers: int, seconds: float) -> Measured:
    """Run `callers` callers for `seconds` seconds. Each calls at least once."""
    taken: list[float] = []
    began, processor = time.perf_counter(), time.process_time()
    until = began + seconds

    async def caller() -> None:
        at = time.perf_counter()
        while True:
            await call()
            now = time.perf_counter()
            taken.append(now - at)
            if now >= until:
                return
            at = now

    await asyncio.gather(*(caller() for _ in range(callers)))
    elapsed, processor = time.perf_counter() - began, time.process_time() - processor
    return Measured(len(taken), len(taken) / elapsed, Latency.of(taken), processor)
