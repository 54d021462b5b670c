"""Limit of requests in flight while the process is overloaded.

An overloaded process answers all requests late, and clients give up on them. The limiters refuse a part of the requests
at once. The other requests are answered in time.

`ProcessorLimit` acts if the processor is the bottleneck, `AdmissionLimiter` if the database or the index is. `guarded`
refuses requests before they reach the application, which costs less. `OverloadGuard` refuses requests under other
servers.
"""

from collections.abc import Callable
from math import inf
from time import monotonic
from typing import NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from functions.edge.http.errors import error_answer
from leaderforge.domain.errors import Overloaded
from leaderforge.processor import ProcessorDemand

MIN_IN_FLIGHT = 32
"""Number of requests in flight that an `AdmissionLimiter` always admits, whatever each of them costs."""
INTERVAL_S = 0.1
"""Interval in s at which the limiters judge the load of the process. A shorter burst is served."""
_SLOWER = 2.0
"""Mean response time that the limit aims at, as a multiple of the normal response time."""
_TOO_SLOW = 1.5
"""A process is overloaded if its mean response time exceeds this multiple of the allowed time."""
_FALL, _RISE = 0.1, 0.001
"""Weights of an interval in the moving average of the normal response time: below this average, and above it.

An interval above the average counts little: otherwise, the normal time would follow a load that grows for seconds.
"""
STANDING = 128
"""Number of requests in flight. If more are in flight for a whole interval, `ProcessorLimit` checks the processor."""
BUSY = 0.95
"""Share of the time. A processor is saturated if the thread demands it for this share or more. See
`ProcessorDemand`."""
MIN_BUSY = 8
"""Requests of a class in flight that suffice to keep the processor busy. Further requests only wait for these."""
_FEWER, _MORE = 0.9, 1.25
"""Factors of the limit: after an interval with a saturated processor, and after an interval without."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_ALWAYS_ADMITTED = frozenset({"/api/health", "/metrics"})
_STREAMS = "/stream"
"""End of the paths of streams, which last long and have separate limits."""
ADMITTED = "leaderforge.admitted"
"""Key in a request's scope. Its value is the limiter that has admitted the request."""
REFUSAL = Overloaded("the server is overloaded; try again shortly")


def is_exempt(path: str) -> bool:
    """Return whether requests to a path are admitted under overload too: health, metrics and streams."""
    return path in _ALWAYS_ADMITTED or path.endswith(_STREAMS)


def release(scope: Scope) -> None:
    """Count the request as answered, because its response has begun. Further calls for the request have no effect."""
    limiter = scope.pop(ADMITTED, None)
    if limiter is not None:
        limiter.release()


class ProcessorLimit:
    """Limit on the requests in flight of each class (reads, writes): `inf` unless requests wait for the processor.

    A queue after a burst drains, a queue under overload does not (CoDel, RFC 8289). Therefore, a queue counts as
    overload if more than `STANDING` requests of both classes are in flight for `INTERVAL_S`. The processor is the
    bottleneck if the thread always ran or was ready to run (executor load average, in chapter 21 of Google's *Site
    Reliability Engineering*).

    If more requests are in flight than a saturated processor needs, each is slower, and the rate of answers stays.
    Therefore the limit falls to `MIN_BUSY` while the processor is saturated, and rises while it is not. The limit ends
    after an interval without a refused request.

    `demand` returns the share of the time since its previous call that the thread demanded the processor.
    """

    def __init__(self, demand: Callable[[], float]) -> None:
        self._demand = demand
        self.limit = inf
        self.has_refused = False
        self._in_flight = 0
        self._began = 0.0

    def enter(self, now: float) -> None:
        """Count a request that was admitted. `now` is in s."""
        self._in_flight += 1
        if self._in_flight == STANDING + 1 and self.limit == inf:
            self._began = now
            self._demand()

    def leave(self) -> None:
        """Count a request whose response has begun."""
        self._in_flight -= 1

    def adapt(self, now: float) -> None:
        """Set the limit for the next interval, if the current interval is over. `now` is in s."""
        if now - self._began < INTERVAL_S or (self.limit == inf and self._in_flight <= STANDING):
            return
        self.limit = self._next_limit(is_busy=self._demand() >= BUSY)
        self._began, self.has_refused = now, False

    def _next_limit(self, *, is_busy: bool) -> float:
        if self.limit == inf:
            return 2 * MIN_BUSY if is_busy else inf
        if not self.has_refused:
            return inf
        return max(MIN_BUSY, self.limit * _FEWER) if is_busy else self.limit * _MORE


class AdmissionLimiter:
    """Limit of requests in flight of one class (reads or writes), controlled by their mean response time.

    The mean response time of an interval is the mean number of requests in flight divided by the rate of responses
    (Little's law). If this time is far above its normal value, requests queue somewhere: for this process, the index or
    the database. From then on, the limit is the number of requests that the process answers in `_SLOWER` times the
    normal time, at its present rate. The limit ends after an interval without a refused request. Netflix's
    concurrency-limits and Envoy's adaptive concurrency compare response times in the same way.

    The allowed response time is at least `floor_s` (s). The limit of `processor` applies in addition.
    """

    def __init__(
        self,
        floor_s: float,
        processor: ProcessorLimit,
        on_refused: Callable[[], object] = lambda: None,
        *,
        min_in_flight: int = MIN_IN_FLIGHT,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._floor_s, self._min, self._clock = floor_s, min_in_flight, clock
        self._processor, self._on_refused = processor, on_refused
        self.in_flight = 0
        self.limit = inf
        self._normal_s = 0.0
        self._began = clock()
        self._released = 0
        self._has_refused = False
        self._samples = 0
        self._sampled_in_flight = 0

    def admit(self) -> bool:
        """Return whether a request may begin. If so, count it until `release`."""
        self._samples += 1
        self._sampled_in_flight += self.in_flight
        now = self._clock()
        if now - self._began >= INTERVAL_S:
            self._adapt(now - self._began)
            self._began, self._released, self._has_refused = now, 0, False
            self._samples = self._sampled_in_flight = 0
        self._processor.adapt(now)
        if self.in_flight >= self.limit or self.in_flight >= self._processor.limit:
            self._has_refused = self._processor.has_refused = True
            self._on_refused()
            return False
        self.in_flight += 1
        self._processor.enter(now)
        return True

    def release(self) -> None:
        """Count an admitted request as answered, because its response has begun."""
        self.in_flight -= 1
        self._released += 1
        self._processor.leave()

    def _adapt(self, elapsed_s: float) -> None:
        """Set the limit for the next interval, by the rate of the last interval."""
        per_second = self._released / elapsed_s
        mean = self._sampled_in_flight / self._samples
        allowed_s = max(self._floor_s, _SLOWER * self._normal_s)
        is_slow = self.in_flight > self._min and mean > per_second * allowed_s * _TOO_SLOW
        if is_slow or (self.limit < inf and self._has_refused):
            self.limit = max(self._min, per_second * allowed_s)
            return
        self.limit = inf
        if per_second and not self._has_refused:
            self._learn(mean / per_second)

    def _learn(self, duration_s: float) -> None:
        """Move the normal duration of a request towards the mean duration of the last interval."""
        change_s = duration_s - self._normal_s
        weight = (_RISE if change_s > 0 else _FALL) if self._normal_s else 1.0
        self._normal_s += weight * change_s


class Limiters(NamedTuple):
    """Limiters of a process for reads and for writes. They are separate: a hanging database stops writes only."""

    reads: AdmissionLimiter
    writes: AdmissionLimiter

    @classmethod
    def of(cls, floor_s: float, on_refused: Callable[[], object]) -> "Limiters":
        """Return limiters that share one `ProcessorLimit`, which measures the thread that calls `of`."""
        processor = ProcessorLimit(ProcessorDemand().share)
        return cls(*(AdmissionLimiter(floor_s, processor, on_refused) for _ in range(2)))

    def of_method(self, method: str) -> AdmissionLimiter:
        """Return the limiter for requests with this method. A read that sends a body counts as a write."""
        return self.reads if method in _READS else self.writes


class OverloadGuard:
    """Middleware that answers 503 to requests beyond the limit. Health and metrics are always served.

    `EdgeMiddleware` releases the limiter once the response begins.
    """

    def __init__(self, app: ASGIApp, limiters: Limiters) -> None:
        self._app, self._limiters = app, limiters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if ADMITTED not in scope and scope["type"] == "http" and not is_exempt(scope["path"]):
            limiter = self._limiters.of_method(scope["method"])
            if not limiter.admit():
                scope["leaderforge.error"] = REFUSAL
                await error_answer(REFUSAL)(scope, receive, send)
                return
            scope[ADMITTED] = limiter
        await self._app(scope, receive, send)
