"""Limit of requests in flight while the process is overloaded.

An overloaded process answers all requests late, and clients give up on them. The limiter refuses a part of the requests
at once. The others are answered in time.

`guarded` refuses requests before they reach the application, which costs less. `OverloadGuard` refuses them under other
servers.
"""

from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.edge.http.errors import error_answer
from leaderforge.domain.errors import Overloaded

MIN_IN_FLIGHT = 32
"""Number of requests in flight that are always admitted. They are no overload, whatever each of them costs."""
INTERVAL_S = 0.1
"""Time in s after which the limiter judges the response time. A shorter burst is served."""
_SLOWER = 2.0
"""Mean response time that the limit allows, as a multiple of the normal one."""
_TOO_SLOW = 1.5
"""Multiple of the allowed response time from which the process is overloaded."""
_WEIGHT = 0.1
"""Weight of an interval in the moving average of the normal response time."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_ALWAYS_ADMITTED = frozenset({"/api/health", "/metrics"})
_STREAMS = "/stream"
"""End of the paths of streams. They last, and have limits of their own."""
ADMITTED = "leaderforge.admitted"
"""Key of a request's scope: the protocol has admitted the request."""
REFUSAL = Overloaded("the server is overloaded; try again shortly")


def is_exempt(path: str) -> bool:
    """Return whether requests to a path are admitted under overload too: health, metrics and streams."""
    return path in _ALWAYS_ADMITTED or path.endswith(_STREAMS)


class AdmissionLimiter:
    """Limit of requests in flight, controlled by their mean response time.

    The mean response time of an interval is the mean number of requests in flight divided by the rate of responses
    (Little's law). If it is far above its normal value, requests queue somewhere: for this process, the index or the
    database. From then on, the limit is the number of requests that the process answers in `_SLOWER` times the normal
    time, by its present rate. The limit ends after an interval without a refused request.

    A normal time below `floor_s` (s) counts as `floor_s`.
    """

    def __init__(
        self,
        floor_s: float,
        on_refused: Callable[[], object] = lambda: None,
        *,
        min_in_flight: int = MIN_IN_FLIGHT,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._floor_s, self._min, self._clock = floor_s, min_in_flight, clock
        self._on_refused = on_refused
        self.in_flight = 0
        self.limit: float | None = None
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
        if self.limit is not None and self.in_flight >= self.limit:
            self._has_refused = True
            self._on_refused()
            return False
        self.in_flight += 1
        return True

    def release(self) -> None:
        """Note that the response to an admitted request has begun."""
        self.in_flight -= 1
        self._released += 1

    def _adapt(self, elapsed_s: float) -> None:
        """Set the limit for the next interval, by the rate of the last one."""
        per_second = self._released / elapsed_s
        mean = self._sampled_in_flight / self._samples
        allowed_s = max(self._floor_s, _SLOWER * self._normal_s)
        is_slow = self.in_flight > self._min and mean > per_second * allowed_s * _TOO_SLOW
        if is_slow or (self.limit is not None and self._has_refused):
            self.limit = max(self._min, per_second * allowed_s)
            return
        self.limit = None
        if per_second:
            self._normal_s += _WEIGHT * (mean / per_second - self._normal_s)


class Limiters(NamedTuple):
    """Limiters of a process. They are separate, because a database that hangs stops writes and not reads."""

    reads: AdmissionLimiter
    writes: AdmissionLimiter

    @classmethod
    def of(cls, floor_s: float, on_refused: Callable[[], object]) -> "Limiters":
        """Return limiters that share a floor and a callback."""
        return cls(AdmissionLimiter(floor_s, on_refused), AdmissionLimiter(floor_s, on_refused))

    def of_method(self, method: str) -> AdmissionLimiter:
        """Return the limiter for requests with this method. A read that sends a body counts as a write."""
        return self.reads if method in _READS else self.writes


class OverloadGuard:
    """Middleware that answers 503 to requests beyond the limit. Health and metrics are always served."""

    def __init__(self, app: ASGIApp, limiters: Limiters) -> None:
        self._app, self._limiters = app, limiters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_exempt(scope["path"]):
            await self._app(scope, receive, send)
            return
        limiter = self._limiters.of_method(scope["method"])
        if not scope.get(ADMITTED) and not limiter.admit():
            scope["leaderforge.error"] = REFUSAL
            await error_answer(REFUSAL)(scope, receive, send)
            return
        is_counted = True

        def release() -> None:
            nonlocal is_counted
            if is_counted:
                is_counted = False
                limiter.release()

        async def send_and_release(message: Message) -> None:
            release()
            await send(message)

        try:
            await self._app(scope, receive, send_and_release)
        finally:
            release()
