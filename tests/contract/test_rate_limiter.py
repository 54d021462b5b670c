"""Contract of rate limiters, against a token bucket that the test fills."""

import os
from collections.abc import Callable
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leaderforge.adapters.memory.limiter import MemoryRateLimiter
from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.limiter import RedisRateLimiter
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.rates import SECOND_US, Allowance, RateLimit
from leaderforge.ports.access import RateLimiter
from leaderforge.ports.clock import Clock
from tests.contract.index_fixtures import cluster

__all__ = ["cluster"]

START_US = 1_795_435_200_000_000
SLOW = RateLimit(interval_us=3600 * SECOND_US, burst=2)

_numbers = count()

NewLimiter = Callable[[Clock | None], RateLimiter]
"""Function that creates a limiter with this clock in microseconds, or with the node's clock if the argument is None.

All limiters that the function creates share their state.
"""


class Bucket:
    """Oracle: a token bucket with fractional tokens, one per request, filled at a constant rate."""

    def __init__(self, limit: RateLimit) -> None:
        self._limit = limit
        self._tokens = Fraction(limit.burst)
        self._at = START_US

    def take(self, now: int) -> Allowance:
        filled = Fraction(now - self._at, self._limit.interval_us)
        self._tokens, self._at = min(self._tokens + filled, Fraction(self._limit.burst)), now
        allowed = self._tokens >= 1
        retry_us = 0 if allowed else (1 - self._tokens) * self._limit.interval_us
        self._tokens -= int(allowed)
        reset_us = (self._limit.burst - self._tokens) * self._limit.interval_us
        return Allowance(allowed, int(self._tokens) if allowed else 0, int(retry_us), int(reset_us))


@pytest.fixture(params=["memory", "redis"])
def new(request: pytest.FixtureRequest) -> NewLimiter:
    if request.param == "memory":
        clocks: list[Clock] = [lambda: START_US]

        def current_us() -> int:
            return clocks[-1]()

        limiter = MemoryRateLimiter(current_us)

        def with_clock(clock: Clock | None) -> RateLimiter:
            clocks.append(clock or clocks[0])
            return limiter

        return with_clock
    shared, namespace = request.getfixturevalue("cluster"), f"limits-{os.getpid()}-{next(_numbers)}"
    return lambda clock: RedisRateLimiter(shared, partitions=3, namespace=namespace, clock=clock)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    # Choose long intervals: otherwise the limiter's state could expire in real time during an example.
    limit=st.builds(RateLimit, st.integers(20 * SECOND_US, 3600 * SECOND_US), st.integers(1, 5)),
    steps=st.lists(st.one_of(st.just(0), st.integers(0, 7200 * SECOND_US), st.integers(0, 10)), max_size=15),
)
async def test_it_is_a_bucket_of_tokens(new: NewLimiter, limit: RateLimit, steps: list[int]) -> None:
    now = START_US
    limiter, bucket, subject = new(lambda: now), Bucket(limit), f"address:{next(_numbers)}"
    for step in steps:
        now += step
        assert await limiter.take(subject, limit) == bucket.take(now)


async def test_subjects_have_their_own(new: NewLimiter) -> None:
    limiter = new(None)
    for subject in ("key:a", "key:b", "player:1"):
        assert [(await limiter.take(subject, SLOW)).allowed for _ in range(3)] == [True, True, False]


async def test_processes_share_what_is_left(new: NewLimiter) -> None:
    allowed = [(await new(None).take("key:a", SLOW)).allowed for _ in range(4)]
    assert allowed == [True, True, False, False]


async def test_a_limit_that_changes_holds_at_once(new: NewLimiter) -> None:
    limiter = new(None)
    await limiter.take("key:a", SLOW)
    await limiter.take("key:a", SLOW)
    assert (await limiter.take("key:a", RateLimit(SLOW.interval_us, 3))).allowed
    assert not (await limiter.take("key:a", SLOW)).allowed


async def test_a_cluster_out_of_reach_is_told() -> None:
    nowhere = Cluster(["127.0.0.1:1"], timeout_s=1)
    with pytest.raises(IndexUnavailable):
        await RedisRateLimiter(nowhere, partitions=3, namespace="limits").take("key:a", SLOW)
    await nowhere.close()


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("50:100", RateLimit(20_000, 100)),
        ("0.5:1", RateLimit(2_000_000, 1)),
        ("3:7", RateLimit(333_333, 7)),
        ("0.001:1000000", RateLimit(1_000_000_000, 1_000_000)),
        ("999999:1", RateLimit(1, 1)),
    ],
)
def test_limits_as_text(text: str, limit: RateLimit) -> None:
    assert RateLimit.parsed(text) == limit


@pytest.mark.parametrize(
    "text", ["", "5", "5:", ":5", "0:5", "5:0", "-1:5", "5:-1", "1e3:5", "5:1000001", "\u0665:\u0665", "nan:1"]
)
def test_other_texts_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="such as 50:100"):
        RateLimit.parsed(text)
