"""Workers of a distributed database (Citus): the node of each player, and a circuit breaker for each node."""

import asyncio
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from leaderforge.adapters.postgres.errors import NodeUnavailable
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.errors import LeaderForgeError, StoreUnavailable

T = TypeVar("T")

WorkerId: TypeAlias = int
"""Group id of a worker in the metadata of Citus."""

_PROBE_S = 2.0
"""Time limit of a probe, in s. A quiet worker needs some milliseconds, an overloaded worker may need more than 1 s."""
_SLOW_SHARE = 1 / 3
"""Share of the time limit after which a call is slow, and its worker is probed.

By the end of the limit, the probe has shown whether the worker hangs.
"""
_PROBE_EVERY_S = 1.0
"""Pause between two probes of a worker that does not answer, in s."""
_UINT32 = 0xFFFF_FFFF


class Workers:
    """Worker of each player, and circuit breaker of each worker.

    A call may take `limit_s` seconds. The worker of a slow call is probed (asked for a sign of life). The worker is
    probed again if the call does not end in time. If a probe fails, the circuit opens. Calls to this worker then fail
    at once, until a probe succeeds. A worker that hangs therefore delays its callers only once. The circuit of an
    overloaded worker stays closed, because the worker answers the probe.

    The placements of shards are cached until a call fails. A stale placement only costs time, because the former worker
    of a moved shard still accepts rows for it.
    """

    def __init__(self, pool: Pool, limit_s: float) -> None:
        self._pool = pool
        self._limit_s = limit_s
        self._lows: list[int] = []
        self._workers: list[WorkerId] = []
        self._open: set[WorkerId] = set()
        self._probing: dict[WorkerId, asyncio.Task[None]] = {}

    async def positions(self, user_ids: Sequence[int]) -> Mapping[WorkerId, Sequence[int]]:
        """Return, for each worker, the positions of its players in `user_ids`. Raises `StoreUnavailable`."""
        if not self._lows:
            placements = await self._pool.fetch(statement("placements"), reserved=True)
            self._lows, self._workers = [p["low"] for p in placements], [p["node"] for p in placements]
        positions: defaultdict[WorkerId, list[int]] = defaultdict(list)
        for position, user_id in enumerate(user_ids):
            shard = bisect_right(self._lows, hash_of(user_id)) - 1
            positions[self._workers[shard]].append(position)
        return positions

    async def call(self, worker: WorkerId, work: Callable[[], Awaitable[T]]) -> T:
        """Return the result of `work`, which must use this worker only.

        Raises `NodeUnavailable` if the worker does not answer in time, and at once while its circuit is open.
        """
        if worker in self._open:
            raise NodeUnavailable("a node of the database does not answer")
        slow = asyncio.get_running_loop().call_later(self._limit_s * _SLOW_SHARE, self._probe, worker)
        try:
            async with asyncio.timeout(self._limit_s):
                return await work()
        except TimeoutError:
            # Probe again: an earlier probe may have succeeded just before the worker froze.
            self._probe(worker)
            raise NodeUnavailable("a node of the database did not answer in time") from None
        except StoreUnavailable:
            self._lows = []
            raise
        finally:
            slow.cancel()

    async def close(self) -> None:
        """Stop all probes."""
        probing = list(self._probing.values())
        for task in probing:
            task.cancel()
        await asyncio.gather(*probing, return_exceptions=True)

    def _probe(self, worker: WorkerId) -> None:
        """Probe the worker in the background, unless a task is already probing it."""
        if worker not in self._probing:
            task = self._probing[worker] = asyncio.create_task(self._watch(worker))
            task.add_done_callback(lambda _: self._probing.pop(worker))

    async def _watch(self, worker: WorkerId) -> None:
        """Keep the circuit of the worker open until it answers a probe."""
        # A lock or a slow disk may have delayed the call. Therefore, open the circuit only if the first probe fails.
        while not await self._answers(worker):
            self._open.add(worker)
            await asyncio.sleep(_PROBE_EVERY_S)
        self._open.discard(worker)
        self._lows = []

    async def _answers(self, worker: WorkerId) -> bool:
        try:
            rows = await self._pool.fetch(statement("check_worker"), worker, timeout_s=_PROBE_S, reserved=True)
        except LeaderForgeError:
            return False
        # No row means that the worker was removed. Return True: other workers have its shards, and it gets no calls.
        return all(row["answers"] for row in rows)


def hash_of(user_id: int) -> int:
    """Return PostgreSQL's hash of a player id (`hashint8`), a signed 32-bit integer.

    Citus selects the shard of a player by this hash. The algorithm is the final mix of Bob Jenkins' lookup3, for one
    word.
    """
    high, low = user_id >> 32 & _UINT32, user_id & _UINT32
    a = b = c = 0x9E37_79B9 + 4 + 3_923_095
    a = a + (low ^ (high if user_id >= 0 else ~high & _UINT32)) & _UINT32
    c = (c ^ b) - _rotated(b, 14) & _UINT32
    a = (a ^ c) - _rotated(c, 11) & _UINT32
    b = (b ^ a) - _rotated(a, 25) & _UINT32
    c = (c ^ b) - _rotated(b, 16) & _UINT32
    a = (a ^ c) - _rotated(c, 4) & _UINT32
    b = (b ^ a) - _rotated(a, 14) & _UINT32
    c = (c ^ b) - _rotated(b, 24) & _UINT32
    return c - (1 << 32) if c >> 31 else c


def _rotated(word: int, bits: int) -> int:
    """Return a 32-bit word, rotated left."""
    return (word << bits | word >> 32 - bits) & _UINT32
