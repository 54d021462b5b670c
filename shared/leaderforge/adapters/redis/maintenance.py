"""Maintenance of the Redis index: watermarks, rebuilds, catch-ups, leases and state."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from uuid import uuid4

from leaderforge.adapters.redis.cluster import Call, Cluster
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.adapters.redis.removing import LadderKeys, orphans, remove_hash, remove_ladders, remove_orphans, sweep
from leaderforge.adapters.redis.scripts import script
from leaderforge.adapters.redis.surveying import read_verification, survey
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.grouping import grouped
from leaderforge.domain.order import user_id_of
from leaderforge.domain.sharding import partition_of
from leaderforge.domain.survey import Survey, VerificationState
from leaderforge.ports.index_maintenance import CatchUps, LadderIds

StraySearch = Callable[[Cluster, int, Sequence[LadderKeys]], Awaitable[Collection[bytes]]]
"""Function that returns those entries of segments in one slot that contradict the stored values of the players."""


class RedisIndexMaintenance:
    """`IndexMaintenance` and `LeaseStore` on Redis Cluster or Valkey. Base class of `RedisErasureIndex`."""

    def __init__(self, cluster: Cluster, *, partitions: int, namespace: str) -> None:
        self.partitions = partitions
        self._cluster = cluster
        self._keys = IndexKeys(namespace, partitions)
        self._all_partitions = range(partitions)

    @property
    def disruptions(self) -> int:
        return self._cluster.disruptions

    async def watermarks(self) -> Sequence[int | None]:
        replies = await self._cluster.commands([("HGET", meta, "watermark") for meta in self._keys.meta])
        return [None if reply is None else int(reply) for reply in replies]

    async def advance(self, watermark: int, *, disruptions: int | None = None) -> None:
        calls = [self._keys.call(p, script("advance"), args=(watermark,)) for p in self._all_partitions]
        await self._cluster.run_unrepeated(calls, disruptions)

    async def begin_rebuild(self, ladders: Sequence[Ladder], partitions: Collection[int]) -> str:
        token = uuid4().hex
        await self._cluster.run([self._keys.call(p, script("begin_rebuild"), args=(token,)) for p in partitions])
        await self._remove([_ids(ladder) for ladder in ladders], partitions)
        await self._remove_segments([_ids(ladder) for ladder in ladders if ladder.board.segments], partitions)
        await asyncio.gather(
            *(remove_hash(self._cluster, self._keys.slots[p], self._keys.names[p]) for p in partitions)
        )
        return token

    async def finish_rebuild(
        self, token: str, partitions: Collection[int], watermark: int, *, disruptions: int | None = None
    ) -> Collection[int]:
        calls = [self._keys.call(p, script("finish_rebuild"), args=(token, watermark)) for p in partitions]
        successes = await self._cluster.run_unrepeated(calls, disruptions)
        return [p for p, success in zip(partitions, successes, strict=True) if success]

    async def begin_catch_up(self) -> str:
        token = uuid4().hex
        await self._cluster.commands([("HSET", self._keys.catch_ups, "begun", token)])
        return token

    async def finish_catch_up(self, token: str, *, disruptions: int | None = None) -> bool:
        call = Call(self._keys.slots[0], script("finish_catch_up"), (self._keys.catch_ups,), (token,))
        return bool((await self._cluster.run_unrepeated([call], disruptions))[0])

    async def catch_ups(self) -> CatchUps:
        [(begun, finished)] = await self._cluster.commands([("HMGET", self._keys.catch_ups, "begun", "finished")])
        return CatchUps(begun and begun.decode(), finished and finished.decode())

    async def lease(self, name: str, holder: str, seconds: float) -> bool:
        key = self._keys.lease(name)
        call = Call(self._keys.slots[0], script("lease"), (key,), (holder, int(seconds * 1000)))
        return bool((await self._cluster.run([call]))[0])

    async def strays(self, ladder: Ladder) -> Collection[int]:
        return await self._each_stray(ladder, orphans)

    async def remove_strays(self, ladder: Ladder) -> Collection[int]:
        return await self._each_stray(ladder, remove_orphans)

    async def remove_orphans(self, ladders: Sequence[Ladder], partition: int) -> int:
        keys = [self._keys.of_ladder(partition, _ids(ladder)) for ladder in ladders]
        keys += await self._segment_keys(partition, [_ids(ladder) for ladder in ladders if ladder.board.segments])
        return await sweep(self._cluster, self._keys.slots[partition], keys)

    async def value_counts(self, ladders: Sequence[Ladder], partition: int) -> Sequence[int]:
        return await self._cluster.commands([("HLEN", self._keys.standings(partition, ladder)) for ladder in ladders])

    async def present_ladders(self) -> Collection[LadderIds]:
        ladders: set[LadderIds] = set()
        for p in self._all_partitions:
            async for keys in self._cluster.scan(self._keys.slots[p], self._keys.of_partition(p)):
                ladders.update(ids for key in keys if (ids := self._keys.ladder_of(p, key)) is not None)
        return ladders

    async def drop_ladders(self, ladders: Collection[LadderIds]) -> None:
        await self._remove(ladders, self._all_partitions)
        await self._remove_segments(ladders, self._all_partitions)
        for p in self._all_partitions:
            await self._cluster.commands([("UNLINK", self._keys.segments(p, ids)) for ids in ladders])

    async def verification(self) -> VerificationState | None:
        return await read_verification(self._cluster, self._keys)

    async def note_verification(self, verification: VerificationState) -> None:
        await self._cluster.commands([("SET", self._keys.verification, json.dumps(asdict(verification)))])

    async def health(self) -> Sequence[bool]:
        return await asyncio.gather(*(self._answers(p) for p in self._all_partitions))

    async def survey(self, ladders: Sequence[Ladder]) -> Survey:
        return await survey(self._cluster, self._keys, ladders)

    async def renew(self) -> None:
        """Close all connections if a node does not answer a ping. The next use opens new connections."""
        await self._cluster.renew()

    async def close(self) -> None:
        """Close the connections. The next use opens new connections."""
        await self._cluster.close()

    async def _answers(self, partition: int) -> bool:
        with suppress(IndexUnavailable):
            [is_complete] = await self._cluster.commands([("HEXISTS", self._keys.meta[partition], "watermark")])
            return bool(is_complete)
        return False

    async def _remove(self, ladders: Collection[LadderIds], partitions: Collection[int]) -> None:
        """Delete all entries and values of these ladders in these partitions, in short steps."""
        keys = {p: [self._keys.of_ladder(p, ids) for ids in ladders] for p in partitions}
        await asyncio.gather(*(remove_ladders(self._cluster, self._keys.slots[p], of) for p, of in keys.items()))

    async def _remove_segments(self, ladders: Collection[LadderIds], partitions: Collection[int]) -> None:
        """Delete the entries in segments that contradict the values of their players, in steps."""
        for p in partitions:
            await remove_orphans(self._cluster, self._keys.slots[p], await self._segment_keys(p, list(ladders)))

    async def _each_stray(self, ladder: Ladder, search: StraySearch) -> Collection[int]:
        """Return the players of all entries that `search` returns for the segments of a ladder."""
        players: set[int] = set()
        for p in self._all_partitions if ladder.board.segments else ():
            segments = await self._segment_keys(p, [_ids(ladder)])
            players.update(map(user_id_of, await search(self._cluster, self._keys.slots[p], segments)))
        return players

    async def _segment_keys(self, partition: int, ladders: Sequence[LadderIds]) -> Sequence[LadderKeys]:
        """Return the keys of the segments of these ladders."""
        commands = [("HKEYS", self._keys.segments(partition, ids)) for ids in ladders]
        replies = await self._cluster.commands(commands) if commands else []
        return [
            keys
            for ids, segments in zip(ladders, replies, strict=True)
            for keys in self._keys.of_segments(partition, ids, segments)
        ]

    def _by_partition(self, user_ids: Iterable[int]) -> dict[int, list[int]]:
        return grouped((partition_of(user_id, self.partitions), user_id) for user_id in user_ids)

    def _ladder_keys(self, partition: int, ladder: Ladder) -> Sequence[bytes]:
        """Return the keys of a ladder for scripts that write. The third key exists only for boards with segments."""
        keys = self._keys.entries(partition, ladder), self._keys.standings(partition, ladder)
        return (*keys, self._keys.segments(partition, _ids(ladder))) if ladder.board.segments else keys


def _ids(ladder: Ladder) -> LadderIds:
    return ladder.board.id, ladder.period
