"""In-memory rate limiter."""

from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.rates import Allowance, RateLimit, take
from leaderforge.ports.clock import Clock


class MemoryRateLimiter:
    """`RateLimiter` in a dict. `clock` is in microseconds.

    While `available` is false, `take` raises `IndexUnavailable`. `asked` is the number of calls of `take` so far.
    """

    def __init__(self, clock: Clock) -> None:
        self.available = True
        self.asked = 0
        self._clock = clock
        self._due: dict[str, int] = {}

    async def take(self, subject: str, limit: RateLimit) -> Allowance:
        self.asked += 1
        if not self.available:
            raise IndexUnavailable("the rate limits are unavailable")
        self._due[subject], allowance = take(self._due.get(subject, 0), self._clock(), limit)
        return allowance
