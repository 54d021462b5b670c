"""Rate limits by the generic cell rate algorithm (GCRA), exact, in integer microseconds.

Each subject has one number, the theoretical arrival time. A request adds the interval of the sustained rate to this
time or to now, whichever is later. If the sum is ahead of now by at most `burst` intervals, the request passes, and the
sum becomes the new arrival time. The algorithm equals a token bucket of `burst` tokens, without a refill process.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

SECOND_US = 1_000_000
MAX_BURST = 1_000_000
_TEXT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?):([0-9]{1,7})")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Rate limit: `interval_us` between requests at the sustained rate, and up to `burst` requests at once."""

    interval_us: int
    burst: int

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Return the limit of a text such as `50:100`: requests per second and burst.

        Raises `ValueError` if the text is invalid.
        """
        match = _TEXT.fullmatch(text)
        if match is None or not Fraction(match[1]) or not 1 <= int(match[2]) <= MAX_BURST:
            raise ValueError("must be requests per second, a colon and a burst, such as 50:100 or 0.5:10")
        # Use an interval of at least 1 us: very high rates would round to 0 us, which would be no limit.
        return cls(max(1, round(SECOND_US / Fraction(match[1]))), int(match[2]))

    @property
    def window_us(self) -> int:
        """Return the time, in us, until a full burst is available again."""
        return self.interval_us * self.burst


@dataclass(frozen=True, slots=True)
class Allowance:
    """Decision on a request, and the remaining allowance.

    A request passes after `retry_us` (us), and a full burst after `reset_us` (us).
    """

    allowed: bool
    remaining: int
    retry_us: int
    reset_us: int


def take(due: int, now: int, limit: RateLimit) -> tuple[int, Allowance]:
    """Return the new theoretical arrival time and the decision on a request now. All times are in us.

    `due` is the stored theoretical arrival time. A refused request does not change it.
    """
    begin = max(due, now)
    after = begin + limit.interval_us
    ahead = after - now
    if ahead > limit.window_us:
        return due, Allowance(False, 0, ahead - limit.window_us, begin - now)
    return after, Allowance(True, (limit.window_us - ahead) // limit.interval_us, 0, ahead)
