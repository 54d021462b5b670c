"""Rate limits by the generic cell rate algorithm (GCRA), in microseconds and integers, exact.

Each subject has one number, the theoretical arrival time: when all that it was allowed would have been due at the
even pace of the rate. A request passes if that is no more than a burst ahead. It equals a bucket of `burst` tokens that
refills evenly, without anything to refill.
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
    """`interval_us` is what lies between two requests at the even pace; `burst` is how many may come at once."""

    interval_us: int
    burst: int

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Return the limit of a text such as `50:100`, requests a second and burst. Raises `ValueError`."""
        found = _TEXT.fullmatch(text)
        if found is None or not Fraction(found[1]) or not 1 <= int(found[2]) <= MAX_BURST:
            raise ValueError("must be requests a second, a colon and a burst, such as 50:100 or 0.5:10")
        return cls(max(1, round(SECOND_US / Fraction(found[1]))), int(found[2]))

    @property
    def window_us(self) -> int:
        """How long a whole burst takes to be due again."""
        return self.interval_us * self.burst


@dataclass(frozen=True, slots=True)
class Allowance:
    """What became of a request, and what is left: `retry_us` until one passes again, `reset_us` until a burst does."""

    allowed: bool
    remaining: int
    retry_us: int
    reset_us: int


def take(due: int, now: int, limit: RateLimit) -> tuple[int, Allowance]:
    """Return the theoretical arrival time after a request now, and what became of the request."""
    begin = max(due, now)
    after = begin + limit.interval_us
    ahead = after - now
    if ahead > limit.window_us:
        return due, Allowance(False, 0, ahead - limit.window_us, begin - now)
    return after, Allowance(True, (limit.window_us - ahead) // limit.interval_us, 0, ahead)
