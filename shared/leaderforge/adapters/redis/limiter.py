"""Rate limits in the cluster, shared by all processes. Each subject has one key."""

from leaderforge.adapters.redis.cluster import Call, Cluster
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.adapters.redis.scripts import script
from leaderforge.domain.rates import Allowance, RateLimit
from leaderforge.ports.clock import Clock


class RedisRateLimiter:
    """`RateLimiter` on Redis Cluster or Valkey.

    `clock` returns microseconds since 1970. Without a `clock`, the node of a subject's key uses its own clock.
    Differences between the clocks of processes then have no effect.
    """

    def __init__(self, cluster: Cluster, *, partitions: int, namespace: str, clock: Clock | None = None) -> None:
        self._cluster = cluster
        self._keys = IndexKeys(namespace, partitions)
        self._clock = clock

    async def take(self, subject: str, limit: RateLimit) -> Allowance:
        slot, key = self._keys.allowance(subject)
        now = self._clock() if self._clock else ""
        [reply] = await self._cluster.run([Call(slot, script("take"), (key,), (limit.interval_us, limit.burst, now))])
        allowed, remaining, retry_us, reset_us = reply
        return Allowance(bool(allowed), remaining, retry_us, reset_us)
